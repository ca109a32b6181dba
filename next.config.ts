import type { NextConfig } from "next";
import en from "./messages/en.json";

// What never depends on the environment; the Content Security Policy, which has a nonce, is in proxy.ts.
const SECURITY_HEADERS = [
  { key: "Strict-Transport-Security", value: "max-age=63072000; includeSubDomains; preload" },
  { key: "X-Content-Type-Options", value: "nosniff" },
  // no-referrer would make browsers send `Origin: null` with our own forms.
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
  { key: "Cross-Origin-Resource-Policy", value: "same-origin" },
  {
    key: "Permissions-Policy",
    value:
      "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
  },
];

/** A browser that kept an old service worker would answer with it. It shows notifications, which have pictures. */
const SERVICE_WORKER_HEADERS = [
  { key: "Cache-Control", value: "no-cache, no-store, must-revalidate" },
  {
    key: "Content-Security-Policy",
    value: "default-src 'none'; connect-src 'self'; img-src 'self'",
  },
];

const config: NextConfig = {
  // Error pages run in the browser, where importing a word would bring all of them along.
  env: { ERROR_WORDS: JSON.stringify({ product: en.product.name, ...en.errors }) },
  poweredByHeader: false,
  reactStrictMode: true,
  logging: { serverFunctions: false }, // the development server would print a form's secrets
  experimental: {
    authInterrupts: true, // forbidden() answers 403
    serverActions: { bodySizeLimit: "64kb" }, // the largest honest form has a password of 1,024 characters
  },
  serverExternalPackages: [
    "@electric-sql/pglite",
    "@prisma/adapter-pg",
    "@prisma/client",
    "@prisma/schema-engine-wasm",
    "nodemailer",
    "pg",
    "pglite-prisma-adapter",
    "pino",
    "piscina",
    "web-push",
  ],
  headers: async () => [
    { source: "/:path*", headers: SECURITY_HEADERS },
    { source: "/sw.js", headers: SERVICE_WORKER_HEADERS },
  ],
};

export default config;
