import type { MetadataRoute } from "next";
import { getLanguage, getWords } from "@/messages/words";

/** What the Sparekey Authenticator is as an app on a phone. */
export async function GET(): Promise<Response> {
  const words = await getWords("phone");
  const manifest: MetadataRoute.Manifest = {
    id: "/authenticator",
    name: words("title"),
    short_name: (await getWords("product"))("name"),
    description: words("description"),
    lang: await getLanguage(),
    start_url: "/authenticator",
    scope: "/authenticator",
    display: "standalone",
    background_color: "#f4f6f5",
    theme_color: "#0b6b57",
    icons: [
      { src: "/authenticator-192.png", sizes: "192x192", type: "image/png", purpose: "any" },
      { src: "/authenticator-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
      {
        src: "/authenticator-maskable-512.png",
        sizes: "512x512",
        type: "image/png",
        purpose: "maskable",
      },
    ],
  };
  return Response.json(manifest, {
    headers: { "cache-control": "no-store", "content-type": "application/manifest+json" },
  });
}
