// An echo server and a client on HTTP/1.1 with permessage-deflate (RFC 7692), made with the npm package ws, for the
// tests beside it.
//
//   node deflate.js serve PARAM...                 echoes; prints the port, and ends when its standard input does
//   node deflate.js send URL COUNT SECONDS PARAM...  sends COUNT messages and compares the echoes; prints the server's answer
//
// PARAM is what this side asks for: server_no_context_takeover, client_no_context_takeover, server_max_window_bits=N,
// client_max_window_bits=N.
'use strict';

const { WebSocket, WebSocketServer } = require('ws');

// deflate returns the options of ws for parameters.
function deflate(params) {
  const names = {
    server_no_context_takeover: 'serverNoContextTakeover',
    client_no_context_takeover: 'clientNoContextTakeover',
    server_max_window_bits: 'serverMaxWindowBits',
    client_max_window_bits: 'clientMaxWindowBits',
  };
  const options = { threshold: 0 };
  for (const p of params) {
    const [name, value] = p.split('=');
    options[names[name]] = value === undefined ? true : Number(value);
  }
  return options;
}

function serve(params) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: deflate(params) });
  server.on('listening', () => console.log(server.address().port));
  server.on('connection', (ws) => {
    ws.on('error', (err) => console.error(err));
    ws.on('message', (data, binary) => ws.send(data, { binary }));
  });
  process.stdin.on('end', () => process.exit(0)).resume();
}

// random returns a generator of numbers below n, the same every time.
function random() {
  let x = 0x2545f491;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
}

// message returns the message with number i.
function message(rnd, i) {
  const most = i % 50 === 0 ? 65536 : [64, 512, 512, 512, 4096][rnd(5)];
  const size = i % 250 === 0 ? 65536 : i % 250 === 1 ? 0 : rnd(most + 1);
  if (i % 10 === 3 || i % 100 === 50) { // nothing to compress
    const noise = Buffer.alloc(size);
    for (let k = 0; k < size; k++) noise[k] = rnd(256);
    return noise;
  }
  let text = '';
  while (text.length < size) {
    const side = ['buy', 'sell', 'läßt', '売'][rnd(4)];
    text += `{"id":${i},"symbol":"SYM${rnd(30)}","price":${rnd(1000)}.${rnd(100)},"side":"${side}"},`;
  }
  text = text.slice(0, size);
  return i % 7 === 0 ? Buffer.from(text) : text;
}

// sendMessage sends whole messages, and each fourth in fragments.
function sendMessage(ws, m, i) {
  if (i % 4 !== 0) {
    ws.send(m);
    return;
  }
  const b = Buffer.from(m);
  const cuts = [0, b.length >> 2, b.length >> 1, b.length];
  const binary = typeof m !== 'string';
  for (let k = 0; k < 3; k++) ws.send(b.subarray(cuts[k], cuts[k + 1]), { binary, fin: k === 2 });
}

function fail(why) {
  console.error(why);
  process.exit(1);
}

function send(url, count, seconds, params) {
  setTimeout(() => fail(`no end after ${seconds} seconds`), seconds * 1000);
  const ws = new WebSocket(url, { perMessageDeflate: deflate(params) });
  const rnd = random();
  const sent = [];
  let made = 0;
  let received = 0;
  const more = () => {
    while (made < count && sent.length < 32) {
      const m = message(rnd, made);
      sent.push(m);
      sendMessage(ws, m, made++);
    }
  };
  ws.on('upgrade', (res) => console.log(res.headers['sec-websocket-extensions']));
  ws.on('open', more);
  ws.on('message', (data, binary) => {
    const want = sent.shift();
    if (want === undefined || binary === (typeof want === 'string') || !data.equals(Buffer.from(want))) {
      fail(`message ${received} comes back different`);
    }
    if (++received === count) ws.close(1000);
    more();
  });
  ws.on('error', fail);
  ws.on('close', (code) => {
    if (received !== count || code !== 1000) fail(`closed with ${code} after ${received} messages`);
    process.exit(0);
  });
}

const [mode, ...args] = process.argv.slice(2);
if (mode === 'serve') serve(args);
else send(args[0], Number(args[1]), Number(args[2]), args.slice(3));
