import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import { isoCBOR } from "@simplewebauthn/server/helpers";

export const FLAGS = {
  present: 0x01,
  verified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
} as const;

/** What a key, or whoever is between it and the portal, may say otherwise than it should. */
export type Lie = {
  type?: string;
  challenge?: string;
  origin?: string;
  crossOrigin?: boolean;
  topOrigin?: string;
  rpId?: string;
  flags?: number;
  counter?: number;
  id?: string;
  userHandle?: string | undefined;
  /** Changes a part after it was signed. */
  tamper?: { part: "clientDataJSON" | "authenticatorData" | "signature"; byte: number };
  alg?: number;
};

/** A security key in software, with the origin that a browser on the portal's page would tell. */
export class SoftwareKey {
  readonly id = randomBytes(16).toString("base64url");
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  private userHandle: string | undefined;
  counter = 0;

  constructor(
    /** Said with each answer: presence alone, unless told otherwise. */
    readonly flags: number = FLAGS.present,
    /** How much its count grows with each answer; passkeys leave it at zero. */
    readonly step = 1,
  ) {
    ({ privateKey: this.privateKey, publicKey: this.publicKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
    }));
  }

  /** Answers a question to make a key. */
  create(options: PublicKeyCredentialCreationOptionsJSON, lie: Lie = {}): string {
    this.userHandle = options.user.id;
    const { challenge } = options;
    const clientDataJSON = clientData({ type: "webauthn.create", challenge, ...lie });
    const id = lie.id ?? this.id;
    const credentialId = Buffer.from(id, "base64url");
    const idLength = Buffer.alloc(2);
    idLength.writeUInt16BE(credentialId.length);
    const authData = Buffer.concat([
      this.head(options.rp.id ?? "", {
        ...lie,
        flags: (lie.flags ?? this.flags) | FLAGS.attested,
      }),
      Buffer.alloc(16), // no model is told
      idLength,
      credentialId,
      this.coseKey(lie.alg ?? -7),
    ]);
    const object = new Map<string, unknown>([
      ["fmt", "none"],
      ["attStmt", new Map()],
      ["authData", new Uint8Array(authData)],
    ]);
    const attestationObject = Buffer.from(isoCBOR.encode(object as never)).toString("base64url");
    const response = { clientDataJSON, attestationObject, transports: ["usb"] };
    return JSON.stringify({ ...credential(id), response });
  }

  /** Answers a question to sign. */
  sign(options: PublicKeyCredentialRequestOptionsJSON, lie: Lie = {}): string {
    this.counter += this.step;
    const { challenge } = options;
    const parts = {
      clientDataJSON: clientData({ type: "webauthn.get", challenge, ...lie }),
      authenticatorData: this.head(options.rpId ?? "", lie).toString("base64url"),
      signature: "",
    };
    const signed = Buffer.concat([
      Buffer.from(parts.authenticatorData, "base64url"),
      sha256(Buffer.from(parts.clientDataJSON, "base64url")),
    ]);
    parts.signature = sign("sha256", signed, this.privateKey).toString("base64url");
    if (lie.tamper) {
      const bytes = Buffer.from(parts[lie.tamper.part], "base64url");
      const byte = lie.tamper.byte % bytes.length; // signatures differ in their length
      bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte);
      parts[lie.tamper.part] = bytes.toString("base64url");
    }
    const userHandle = "userHandle" in lie ? lie.userHandle : this.userHandle;
    return JSON.stringify({
      ...credential(lie.id ?? this.id),
      response: { ...parts, userHandle },
    });
  }

  private head(rpId: string, lie: Lie): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lie.counter ?? this.counter);
    const flags = Buffer.of(lie.flags ?? this.flags);
    return Buffer.concat([sha256(Buffer.from(lie.rpId ?? rpId)), flags, counter]);
  }

  private coseKey(alg: number): Uint8Array {
    const { x = "", y = "" } = this.publicKey.export({ format: "jwk" });
    const bytes = (part: string) => new Uint8Array(Buffer.from(part, "base64url"));
    const key = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, alg],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]);
    return isoCBOR.encode(key as never);
  }
}

const credential = (id: string) => ({
  id,
  rawId: id,
  type: "public-key",
  clientExtensionResults: {},
});

const clientData = ({
  type,
  challenge,
  origin = process.env.APP_URL,
  crossOrigin = false,
  topOrigin,
}: Lie) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin, topOrigin })).toString(
    "base64url",
  );

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest();
