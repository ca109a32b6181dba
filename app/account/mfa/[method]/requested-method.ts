import "server-only";
import { notFound } from "next/navigation";
import { requireSession } from "@/lib/auth/current-session";
import { type EnrolledMethod, parseEnrolledMethod } from "@/lib/mfa/method-names";
import type { EnrolledMethods } from "@/lib/mfa/methods";

/** The method that an address names; one that can't be is not found, by whoever is logged in. */
export async function readRequestedMethod(props: {
  params: Promise<{ method: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}): Promise<EnrolledMethod> {
  const { method } = await props.params;
  const { id } = await props.searchParams;
  const requested = parseEnrolledMethod(method, id);
  if (requested) return requested;
  await requireSession("/account/mfa");
  notFound();
}

/** The method among those of the person, with what is shown of it; `undefined` if it is gone, or another's. */
export function findMethod(
  methods: EnrolledMethods,
  { method, id }: EnrolledMethod,
): { name: string; suspendedAt: Date | null } | undefined {
  switch (method) {
    case "authenticator-app":
      return methods.authenticatorApp && { name: "", ...methods.authenticatorApp };
    case "notification":
      return methods.sparekeyAuthenticators.find((one) => one.id === id);
    case "security-key": {
      const key = methods.securityKeys.find((one) => one.id === id);
      return key && { name: key.name, suspendedAt: null };
    }
  }
}
