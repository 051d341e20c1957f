<?php
// PHP's xmlrpc extension writes and reads the messages, its HTTP streams carry them:
// one line of JSON for each check.

const TEXT = "Grüß Gott, 世界 🦀 <&> \" ' \\ /";

function say(array $line): void
{
    echo json_encode($line, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
}

function check(string $name, callable $call, $expected): void
{
    try {
        $found = $call();
    } catch (Throwable $error) {
        $found = $error->getMessage();
    }
    $detail = substr(json_encode($found), 0, 500);
    say(['check' => $name, 'ok' => $found === $expected, 'detail' => $detail]);
}

// The result, or the fault as an array.
function call(string $name, ...$arguments)
{
    $options = ['encoding' => 'UTF-8', 'escaping' => ['markup'], 'version' => 'xmlrpc'];
    $request = xmlrpc_encode_request($name, $arguments, $options);
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => 'Content-Type: text/xml',
        'content' => $request,
        'timeout' => 10,
    ]]);
    $response = file_get_contents('http://' . $_SERVER['argv'][1] . '/RPC2', false, $context);
    return xmlrpc_decode($response, 'UTF-8');
}

function fault($found): array
{
    if (!is_array($found) || !xmlrpc_is_fault($found)) {
        throw new Exception('no fault but ' . json_encode($found));
    }
    return $found;
}

say(['library' => 'xmlrpc', 'version' => '']);
check('by position', fn() => call('add', 1, 2), 13);
check('unknown method', fn() => fault(call('ad', 1, 2))['faultCode'], -32601);
check('wrong arguments', fn() => fault(call('add', 1, 'x'))['faultCode'], -32602);
$said = fault(call('add', 1, 'x'))['faultString'];
check('details', fn() => [str_contains($said, '`b`'), str_contains($said, 'i64')], [true, true]);
check('unicode', fn() => call('echo', TEXT), TEXT);
$large = str_repeat('0123456789', 10000);
check('100 kB', fn() => call('echo', $large) === $large, true);
$numbers = range(0, 19);
$sums = array_map(fn($i) => $i * 2 + 10, $numbers);
check('20 calls', fn() => array_map(fn($i) => call('add', $i, $i), $numbers), $sums);
check('batch', function () {
    [$first, $second, $third] = call('system.multicall', [
        ['methodName' => 'add', 'params' => [1, 2]],
        ['methodName' => 'multiply', 'params' => [1, 2]],
        ['methodName' => 'echo', 'params' => ['three']],
    ]);
    return [$first[0], $second['faultCode'], $third[0]];
}, [13, -32601, 'three']);
$expected = ['add', 'echo', 'system.listMethods'];
check('introspection', fn() => array_diff($expected, call('system.listMethods')), []);
