import type { Locator } from "@playwright/test";
import { HOTP, Secret } from "otpauth";
import decodeQR from "qr/decode.js";
import { noteSecret } from "./secrets-of-the-run";
import type { Sql } from "./servers";

const STEP_MS = 30_000;

/** An authenticator app on a phone: what it was set up with, and the six digits it shows. */
export class Phone {
  constructor(readonly setupKey: string) {
    noteSecret(setupKey);
  }

  /** A phone that scanned a QR picture, given as the address the picture holds. */
  static fromUri(uri: string): Phone {
    return new Phone(new URL(uri).searchParams.get("secret") ?? "");
  }

  /** The digits on screen now, or as many steps of 30 seconds away. */
  code(stepsAway = 0): string {
    const counter = Math.floor(Date.now() / STEP_MS) + stepsAway;
    return HOTP.generate({ secret: Secret.fromBase32(this.setupKey), counter, digits: 6 });
  }

  /** Six digits that are wrong now and for minutes around. */
  wrongCode(): string {
    const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((away) => this.code(away)));
    return ["000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777"].find(
      (code) => !near.has(code),
    ) as string;
  }
}

/** Lets the app of a person show digits that count as new, where a test would have to wait for them. */
export async function letTimeStepsPass(sql: Sql, email: string): Promise<void> {
  await sql(
    `UPDATE "AuthenticatorApp" SET "lastUsedStep" = "lastUsedStep" - 10
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
}

/** What a camera reads from a QR picture on screen. */
export async function readQr(picture: Locator): Promise<string> {
  const png = (await picture.screenshot()).toString("base64");
  const { width, height, data } = await picture.page().evaluate(async (shot) => {
    const image = new Image();
    image.src = `data:image/png;base64,${shot}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0);
    const seen = context?.getImageData(0, 0, image.width, image.height);
    const bytes = Array.from(seen?.data ?? [], (byte) => String.fromCharCode(byte)).join("");
    return { width: image.width, height: image.height, data: btoa(bytes) };
  }, png);
  return decodeQR({ width, height, data: new Uint8ClampedArray(Buffer.from(data, "base64")) });
}
