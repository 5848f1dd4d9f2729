// A WebSocket echo server on HTTP/2 (RFC 8441), made with nothing but node:http2, for the tests beside it.
//
//   node echo.js                  HTTP/2 in the clear, with prior knowledge
//   node echo.js KEY CERT         HTTP/2 over TLS; PEM files
//
// It listens on a free port of 127.0.0.1, prints the port on a line, and ends when its standard input does. Every frame is
// returned as it came, but for Ping and Close, which are answered, and these texts, which are commands:
//
//   !goaway     GOAWAY; what is open goes on
//   !shutdown   the session is closed as soon as its streams are over
//   !close N    a Close with code N
//   !end        the server's side of the stream ends without a Close
//   !reset      RST_STREAM with INTERNAL_ERROR
//   !ping       a WebSocket Ping and an HTTP/2 PING; "pong" is sent when the second one is answered
'use strict';

const fs = require('node:fs');
const http2 = require('node:http2');

const options = { settings: { enableConnectProtocol: true, initialWindowSize: 100000, maxConcurrentStreams: 100 } };
const [key, cert] = process.argv.slice(2);
const server = key
  ? http2.createSecureServer({ ...options, key: fs.readFileSync(key), cert: fs.readFileSync(cert) })
  : http2.createServer(options);

// frame makes an unmasked frame (RFC 6455 section 5.2).
function frame(first, payload) {
  let head;
  if (payload.length < 126) {
    head = Buffer.from([first, payload.length]);
  } else if (payload.length < 65536) {
    head = Buffer.from([first, 126, 0, 0]);
    head.writeUInt16BE(payload.length, 2);
  } else {
    head = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

// take cuts the first frame off data: [first byte, payload, rest], or null where bytes are missing.
function take(data) {
  if (data.length < 2) return null;
  if (!(data[1] & 0x80)) throw new Error('frame is not masked');
  let at = 2;
  let length = data[1] & 0x7f;
  if (length === 126) {
    if (data.length < 4) return null;
    length = data.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (data.length < 10) return null;
    length = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  if (data.length < at + 4 + length) return null;
  const payload = Buffer.from(data.subarray(at + 4, at + 4 + length));
  for (let i = 0; i < length; i++) payload[i] ^= data[at + (i & 3)];
  return [data[0], payload, data.subarray(at + 4 + length)];
}

function closeFrame(code) {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(0x88, payload);
}

// command does what a text asks for, and reports whether it was a command.
function command(stream, text) {
  const [name, value] = text.split(' ');
  switch (name) {
    case '!goaway': stream.session.goaway(http2.constants.NGHTTP2_NO_ERROR); return true;
    case '!shutdown': stream.session.close(); return true;
    case '!close':
      stream.saidClose = true;
      stream.write(closeFrame(Number(value)));
      return true;
    case '!end': stream.end(); return true;
    case '!reset': stream.destroy(new Error('as was asked for')); return true; // close(2) would send END_STREAM before
    case '!ping':
      stream.write(frame(0x89, Buffer.from('are you there')));
      stream.session.ping(() => stream.write(frame(0x81, Buffer.from('pong'))));
      return true;
  }
  return false;
}

server.on('stream', (stream, headers) => {
  stream.on('error', () => stream.close());
  if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== 'websocket') {
    stream.respond({ ':status': 400 });
    stream.end();
    return;
  }
  stream.respond({ ':status': 200, server: 'node' });
  let rest = Buffer.alloc(0);
  stream.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let got; (got = take(rest)) !== null;) {
      const [first, payload] = got;
      rest = got[2];
      const opcode = first & 0x0f;
      if (opcode === 0x8) {
        if (!stream.writableEnded) stream.end(stream.saidClose ? undefined : frame(0x88, payload));
      } else if (opcode === 0x9) {
        stream.write(frame(0x8a, payload));
      } else if (opcode !== 0xa && !(first === 0x81 && command(stream, payload.toString()))) {
        stream.write(frame(first, payload));
      }
    }
  });
  stream.on('end', () => stream.end());
});
server.on('sessionError', () => {});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
