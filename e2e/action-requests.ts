import type { BuiltAction } from "./build";
import type { Fields, PlainRequest } from "./plain-browser";

/** The request that our pages' scripts make when a form with this action is sent. */
export function scriptedPost(path: string, { id }: BuiltAction, fields: Fields): PlainRequest {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(`_1_${name}`, value ?? "");
  body.append("0", '[{},"$K1"]');
  return {
    path,
    method: "POST",
    headers: { "next-action": id, accept: "text/x-component" },
    body,
  };
}

/** The request that a form with this action makes without scripts. */
export function plainPost(path: string, { id }: BuiltAction, fields: Fields): PlainRequest {
  const body = new FormData();
  body.append("$ACTION_REF_1", "");
  body.append("$ACTION_1:0", JSON.stringify({ id, bound: "$@1" }));
  body.append("$ACTION_1:1", "[{}]");
  for (const [name, value] of Object.entries(fields)) body.append(name, value ?? "");
  return { path, method: "POST", body };
}

/** Origins that are not the portal's, though some look like it; `undefined` is none at all. */
export function foreignOrigins(own: string): (string | undefined)[] {
  const { protocol, host, hostname } = new URL(own);
  return [
    undefined,
    "null",
    "https://evil.example",
    `${protocol === "http:" ? "https:" : "http:"}//${host}`,
    `${protocol}//${hostname}`,
    `${own}.evil.example`,
    `${protocol}//127.0.0.1:${new URL(own).port}`,
    `${own}/`,
  ];
}
