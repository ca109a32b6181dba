import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { TEST_SECRETS } from "@/lib/db/testing/test-environment";
import { expect, test } from "./fixtures";
import { launchServer } from "./servers";

test("NX-08 a page asked for under another name leads to the portal's own address", async ({
  portal,
  request,
}) => {
  const answer = await request.get("/login?next=1", {
    headers: { host: "evil.example", "x-forwarded-host": "evil.example" },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(307);
  expect(answer.headers().location).toBe(`${portal.baseURL}/login?next=1`);
});

test("a busy port is told in a sentence", async ({ portal }, testInfo) => {
  const second = await launchServer({
    environment: portal.environment,
    logFile: testInfo.outputPath("second.log"),
    port: Number(new URL(portal.baseURL).port),
  });
  expect(await second.ended).toBe(1);
  expect(readFileSync(second.logFile, "utf8")).toMatch(/^Port \d+ on 127\.0\.0\.1 is in use: /m);
});

test.describe("on the embedded database", { tag: "@embedded" }, () => {
  test("a second process on the same database is refused in a sentence", async ({
    portal,
  }, testInfo) => {
    const second = await launchServer({
      environment: portal.environment,
      logFile: testInfo.outputPath("second.log"),
    });
    expect(await second.ended).toBe(1);
    expect(readFileSync(second.logFile, "utf8")).toMatch(/is in use by process \d+/);
  });

  test("TH-09 a forged client address is not believed, and nothing answered is lost by kill -9", async ({
    browser,
  }, testInfo) => {
    const logFile = testInfo.outputPath("server.log");
    const environment = { DATA_DIR: testInfo.outputPath("data"), SECRETS: TEST_SECRETS };
    const first = await launchServer({ environment, logFile });
    const { setupToken } = await first.ready;
    const page = await browser.newPage({
      baseURL: first.baseURL,
      extraHTTPHeaders: { "X-Forwarded-For": "198.51.100.7", "X-Real-IP": "198.51.100.7" },
    });
    await page.goto("/setup");
    await page.getByRole("textbox", { name: "Setup token" }).fill(setupToken ?? "");
    await page.getByRole("textbox", { name: "Name" }).fill("Ada");
    await page.getByRole("textbox", { name: "Email" }).fill("ada@example.org");
    await page.getByLabel("Password", { exact: true }).fill("a long and quiet evening");
    await page.getByRole("button", { name: "Create administrator" }).click();
    await expect(page.getByRole("heading", { name: "Account Settings" })).toBeVisible();
    await first.kill();

    const port = Number(new URL(first.baseURL).port);
    const again = await launchServer({ environment, logFile, port });
    expect(await again.ready).toEqual({ setupToken: undefined });
    await page.reload();
    await expect(page.getByRole("heading", { name: "Account Settings" })).toBeVisible();
    expect(await again.sql('SELECT "address" FROM "Session"')).toEqual([{ address: "127.0.0.1" }]);
    await again.stop();
  });

  test("SIGTERM lets a request in flight finish, then closes the database", async () => {
    const server = await launchServer({
      environment: { DATA_DIR: test.info().outputPath("data"), SECRETS: TEST_SECRETS },
      logFile: test.info().outputPath("server.log"),
    });
    await server.ready;
    const { host, hostname, port } = new URL(server.baseURL);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    const body = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n";
    const type = "Content-Type: multipart/form-data; boundary=x";
    socket.write(
      `POST /login HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${server.baseURL}\r\n` +
        `${type}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    );
    await sleep(500);
    const stopped = server.stop();
    await sleep(500);
    expect(answer).toBe("");
    socket.write(body.slice(10));
    await stopped;
    expect(answer).toMatch(/^HTTP\/1\.1 [2345]\d\d /);
  });
});
