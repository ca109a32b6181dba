import { type EnrolledMethod, parseEnrolledMethod } from "@/lib/mfa/method-names";

/** Where something is done to one enrolled method; without a method, where all of them are. */
export function methodPath(
  method: EnrolledMethod | undefined,
  screen: "remove" | "lost" | "rename",
): string {
  if (!method) return "/account/mfa";
  const query = method.id ? `?${new URLSearchParams({ id: method.id })}` : "";
  return `/account/mfa/${method.method}/${screen}${query}`;
}

/** The fields that name the method in a form. */
export function methodFields({ method, id = "" }: EnrolledMethod) {
  return [
    { name: "method", label: "", type: "hidden" as const, value: method },
    { name: "id", label: "", type: "hidden" as const, value: id },
  ];
}

/** The method that a form names; `undefined` if it names none. */
export const methodOfForm = (text: (field: string) => string) =>
  parseEnrolledMethod(text("method"), text("id"));
