package main

import (
	"io"
	"net/http"
)

// servePage answers a plain request with a page that opens a WebSocket to its own URL.
func servePage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "405 Method Not Allowed: this is a WebSocket echo server, and a page for GET.", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-options", "nosniff")
	// 'self' does not cover ws: in every browser.
	h.Set("Content-Security-Policy",
		"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self' ws: wss:")
	if r.Method == http.MethodGet {
		io.WriteString(w, page) // the client is gone then
	}
}

// page puts what comes from the server into text nodes only.
const page = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WebSocket echo</title>
<style>
body { font: 1em/1.5 system-ui, sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }
form { display: flex; gap: .5em }
input { flex: 1 }
input, button { font: inherit; padding: .2em .5em }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
</style>
<h1>WebSocket echo</h1>
<p>This page has a WebSocket to its own address, which returns every message.</p>
<form><input aria-label="Message" value="Hello" autofocus><button disabled>Send</button></form>
<pre id="log" role="log"></pre>
<script>
const url = location.origin.replace(/^http/, "ws") + location.pathname + location.search;
const log = text => document.getElementById("log").append(text + "\n");
const button = document.querySelector("button"), input = document.querySelector("input");
const ws = new WebSocket(url);
log("opening " + url);
ws.onopen = () => { log("open"); button.disabled = false; ws.send("Hello from the page") };
ws.onmessage = e => log("received: " + e.data);
ws.onclose = e => { log("closed: " + e.code + " " + e.reason); button.disabled = true };
document.querySelector("form").onsubmit = e => {
	e.preventDefault();
	log("sent: " + input.value);
	ws.send(input.value);
	input.select();
};
</script>
</html>
`
