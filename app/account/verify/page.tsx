import { redirect } from "next/navigation";
import { findEnrolledMethods, isAppUsable } from "@/lib/mfa/methods";
import { readStepUpRequest } from "./step-up-request";

/** Sends on to the strongest method that works, or to the password when there is no method. */
export default async function StepUpPage({ searchParams }: PageProps<"/account/verify">) {
  const { session, addressOf } = await readStepUpRequest(searchParams);
  const methods = await findEnrolledMethods(session.userId);
  if (!methods.authenticatorApp) redirect(addressOf("password"));
  redirect(addressOf(isAppUsable(methods) ? "authenticator-app" : "methods"));
}
