// The embedded database belongs to one process, so a test that looks at its rows has to ask inside
// that process: this starts the ordinary server and, beside it, answers SQL on a loopback port that
// needs a token.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const { SQL_PORT, SQL_TOKEN } = process.env;

createServer(async (request, response) => {
  if (request.headers.authorization !== `Bearer ${SQL_TOKEN}`) return response.writeHead(401).end();
  try {
    const { query, params } = JSON.parse(await text(request));
    const { prisma } = await globalThis[Symbol.for("sparekey.database")];
    const rows = await prisma.$queryRawUnsafe(query, ...params);
    response.end(
      JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
    );
  } catch (error) {
    response.writeHead(500).end(error.message);
  }
}).listen(Number(SQL_PORT), "127.0.0.1");

await import("../bin/serve.mjs");
