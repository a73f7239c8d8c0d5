// Loaded before Azurite, which closes connections that are idle for 5 s: less than its clients keep them (aiohttp: 15 s).
// A busy client then sends a request just as the connection is closed. Azure's own limit is longer than that of clients.
// Azurite's blob service ignores its option --blobKeepAliveTimeout.
const http = require("node:http");

const { createServer } = http;
http.createServer = (...options) => {
  const server = createServer(...options);
  Object.defineProperty(server, "keepAliveTimeout", { get: () => 300_000, set: () => {} });
  return server;
};
