# RPC::XML::Client: one line of JSON for each check.
use strict;
use warnings;
use utf8;
use JSON::PP;
use RPC::XML;
use RPC::XML::Client;

$| = 1;
$RPC::XML::ENCODING = 'utf-8';
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $client = RPC::XML::Client->new("http://$ARGV[0]/RPC2");
my $text = "Grüß Gott, 世界 🦀 <&> \" ' \\ /";
my $large = '0123456789' x 10_000;

sub check {
    my ($name, $call, $expected) = @_;
    my $found = eval { $call->() };
    $found = $@ if $@;
    my $ok = $json->encode($found) eq $json->encode($expected);
    my $detail = substr $json->encode($found), 0, 500;
    print $json->encode({ check => $name, ok => $ok ? JSON::PP::true : JSON::PP::false, detail => $detail }), "\n";
}

# A fault, or the value.
sub call {
    my $response = $client->send_request(@_);
    die "$response\n" unless ref $response;
    return $response->value;
}

sub fault {
    my ($found) = @_;
    die "no fault\n" unless ref $found eq 'HASH';
    return $found;
}

print $json->encode({ library => 'RPC::XML', version => '' }), "\n";
check('by position', sub { 0 + call('add', 1, 2) }, 13);
check('unknown method', sub { 0 + fault(call('ad', 1, 2))->{faultCode} }, -32601);
check('wrong arguments', sub { 0 + fault(call('add', 1, 'x'))->{faultCode} }, -32602);
check('details', sub {
    my $said = fault(call('add', 1, 'x'))->{faultString};
    return $said =~ /`b`.*i64/s ? 'named' : $said;
}, 'named');
check('unicode', sub {
    my $found = call('echo', RPC::XML::string->new($text));
    utf8::decode($found) unless utf8::is_utf8($found);
    return $found;
}, $text);
check('100 kB', sub { call('echo', RPC::XML::string->new($large)) eq $large ? 'same' : 'other' }, 'same');
check('20 calls', sub { [map { 0 + call('add', $_, $_) } 0 .. 19] }, [map { $_ * 2 + 10 } 0 .. 19]);
check('batch', sub {
    my @calls = (['add', 1, 2], ['multiply', 1, 2], ['echo', 'three']);
    my $results = call('system.multicall', [map {
        my ($name, @arguments) = @$_;
        { methodName => $name, params => [@arguments] }
    } @calls]);
    return [0 + $results->[0][0], 0 + $results->[1]{faultCode}, $results->[2][0]];
}, [13, -32601, 'three']);
check('introspection', sub {
    my %listed = map { $_ => 1 } @{ call('system.listMethods') };
    return [grep { !$listed{$_} } 'add', 'echo', 'system.listMethods'];
}, []);
