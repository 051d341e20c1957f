# Ruby's xmlrpc: one line of JSON for each check.
require 'json'
require 'xmlrpc/client'

host, port = ARGV[0].split(':')
CLIENT = XMLRPC::Client.new(host, '/RPC2', port.to_i)
TEXT = "Grüß Gott, 世界 🦀 <&> \" ' \\ /"
LARGE = '0123456789' * 10_000

def check(name, expected)
  begin
    found = yield
  rescue StandardError => error
    found = "#{error.class}: #{error.message}"
  end
  puts JSON.generate({ check: name, ok: found == expected, detail: found.inspect[0, 500] })
end

def fault(*call)
  raise "no fault but #{CLIENT.call(*call)}"
rescue XMLRPC::FaultException => fault
  fault
end

$stdout.sync = true
puts JSON.generate({ library: 'xmlrpc', version: '' })
check('by position', 13) { CLIENT.call('add', 1, 2) }
check('unknown method', -32601) { fault('ad', 1, 2).faultCode }
check('wrong arguments', -32602) { fault('add', 1, 'x').faultCode }
check('details', '`b` i64') { fault('add', 1, 'x').faultString.scan(/`b`|i64/).uniq.join(' ') }
check('unicode', TEXT) { CLIENT.call('echo', TEXT) }
check('100 kB', true) { CLIENT.call('echo', LARGE) == LARGE }
check('20 calls', (0...20).map { |i| i * 2 + 10 }) { (0...20).map { |i| CLIENT.call('add', i, i) } }
check('batch', [13, -32601, 'three']) do
  first, second, third = CLIENT.multicall(['add', 1, 2], ['multiply', 1, 2], ['echo', 'three'])
  [first, second.faultCode, third]
end
check('introspection', []) do
  %w[add echo system.listMethods] - CLIENT.call('system.listMethods')
end
