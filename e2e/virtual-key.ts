import type { CDPSession, Page } from "@playwright/test";

/** What a virtual key holds for one account. */
export type HeldCredential = {
  credentialId: string;
  isResidentCredential: boolean;
  rpId?: string;
  privateKey: string;
  userHandle?: string;
  signCount: number;
  backupEligibility?: boolean;
  backupState?: boolean;
};

/** A security key or a device's own passkeys, plugged into a page of Chromium. */
export class VirtualKey {
  private constructor(
    private readonly devtools: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  /** A key that is touched; it knows no PIN and holds no passkey. */
  static async securityKey(page: Page): Promise<VirtualKey> {
    return VirtualKey.plugIn(page, {
      transport: "usb",
      hasResidentKey: false,
      hasUserVerification: false,
    });
  }

  /** A device that asks for a finger, face or PIN, and keeps passkeys. */
  static async device(page: Page): Promise<VirtualKey> {
    return VirtualKey.plugIn(page, {
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    });
  }

  private static async plugIn(
    page: Page,
    kind: {
      transport: "usb" | "internal";
      hasResidentKey: boolean;
      hasUserVerification: boolean;
      isUserVerified?: boolean;
    },
  ): Promise<VirtualKey> {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: { protocol: "ctap2", automaticPresenceSimulation: true, ...kind },
    });
    return new VirtualKey(devtools, authenticatorId);
  }

  async credentials(): Promise<HeldCredential[]> {
    const { authenticatorId } = this;
    const { credentials } = await this.devtools.send("WebAuthn.getCredentials", {
      authenticatorId,
    });
    return credentials;
  }

  /** Holds a credential, in place of the one with its id: a copy of a key, or a key that moved. */
  async hold(credential: HeldCredential): Promise<void> {
    const { authenticatorId } = this;
    const { credentialId } = credential;
    const held = await this.credentials();
    if (held.some((one) => one.credentialId === credentialId)) {
      await this.devtools.send("WebAuthn.removeCredential", { authenticatorId, credentialId });
    }
    await this.devtools.send("WebAuthn.addCredential", { authenticatorId, credential });
  }

  /** Whether it recognizes its person from now on. */
  async recognizePerson(isUserVerified: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  }

  /** Whether its person touches it from now on, or leaves it alone. */
  async beTouched(enabled: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send("WebAuthn.setAutomaticPresenceSimulation", {
      authenticatorId,
      enabled,
    });
  }

  async unplug(): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
  }
}
