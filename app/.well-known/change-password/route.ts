/** Where password managers look for the page that changes a password (W3C change-password-url). */
export async function GET(): Promise<Response> {
  return new Response(null, {
    status: 303,
    headers: { location: "/account/password", "cache-control": "no-store" },
  });
}
