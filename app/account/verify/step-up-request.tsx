import "server-only";
import type { ReactNode } from "react";
import type { Field } from "@/components/form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { type CurrentSession, requireSession } from "@/lib/auth/current-session";
import { parseReturnPath } from "@/lib/auth/return-path";
import { getWords } from "@/messages/words";

export type StepUpQuery = Promise<Record<string, string | string[] | undefined>>;

export type StepUpRequest = {
  session: CurrentSession;
  /** Whose step this is, in words. */
  account: string;
  /** Where the person comes back to. */
  returnTo: string;
  isRestricted: boolean;
  hidden: Field[];
  addressOf: (step: string) => string;
};

/** What a step-up was asked for, by the query of its page. */
export async function readStepUpRequest(searchParams: StepUpQuery): Promise<StepUpRequest> {
  const { return: returnParam, why } = await searchParams;
  const returnTo = parseReturnPath(returnParam);
  const isRestricted = why === "restricted";
  const query = new URLSearchParams({ return: returnTo });
  if (isRestricted) query.set("why", "restricted");
  const session = await requireSession(`/account/verify?${query}`);
  return {
    session,
    account: (await getWords("stepUp"))("account", { email: session.email }),
    returnTo,
    isRestricted,
    hidden: [{ name: "return", label: "", type: "hidden", value: returnTo }],
    addressOf: (step) => `/account/verify/${step}?${query}`,
  };
}

/** Says why a fresh proof is asked for, above the step that takes it. */
export async function StepUpFrame({
  request,
  children,
}: {
  request: StepUpRequest;
  children: ReactNode;
}) {
  const words = await getWords("stepUp");
  const isByTemporaryCode = request.session.amr.includes("temporary");
  const restricted = isByTemporaryCode ? "restrictedTemporary" : "restricted";
  return (
    <div className="max-w-100 space-y-4">
      <Notice tone="info">{words(request.isRestricted ? restricted : "why")}</Notice>
      {children}
    </div>
  );
}

/** What each step-up offers besides its own method. */
export async function StepUpWaysOut({
  request: { addressOf },
  showMethods = true,
}: {
  request: StepUpRequest;
  showMethods?: boolean;
}) {
  const words = await getWords("verify");
  return (
    <div className="flex flex-col items-start gap-1 text-sm">
      {showMethods && (
        <Link className="link inline-flex min-h-10 items-center" href={addressOf("methods")}>
          {words("chooseAnother")}
        </Link>
      )}
      <Link className="link inline-flex min-h-10 items-center" href="/account">
        {(await getWords("stepUp"))("cancel")}
      </Link>
    </div>
  );
}
