import { redirect } from "next/navigation";
import { findEnrolledMethods, firstMethod, hasMfa } from "@/lib/mfa/methods";
import { readStepUpRequest } from "./step-up-request";

/** Sends on to the method the person prefers, or to the password when there is none. */
export default async function StepUpPage({ searchParams }: PageProps<"/account/verify">) {
  const { session, addressOf } = await readStepUpRequest(searchParams);
  const methods = await findEnrolledMethods(session.userId);
  if (!hasMfa(methods)) redirect(addressOf("password"));
  redirect(addressOf(firstMethod(methods) ?? "methods"));
}
