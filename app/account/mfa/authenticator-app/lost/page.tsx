import Link from "next/link";
import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import { requireSession } from "@/lib/auth/current-session";
import { findEnrolledMethods, isUsable } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { liftLoss, reportLoss } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("lost"))("title") };
}

export default async function LostAppPage() {
  const { userId } = await requireSession("/account/mfa/authenticator-app/lost");
  const methods = await findEnrolledMethods(userId);
  if (!methods.authenticatorApp) redirect("/account/mfa");
  const { suspendedAt } = methods.authenticatorApp;
  const words = await getWords("lost");
  const back = (
    <Link className="button w-full" href="/account/mfa">
      {(await getWords("appEnrollment"))("cancel")}
    </Link>
  );
  return (
    <div className="space-y-6">
      <h1>{words("title")}</h1>
      <section className="card max-w-120 space-y-5">
        {suspendedAt ? (
          <>
            <p>{words("suspendedSince", { date: (await getDates()).day(suspendedAt) })}</p>
            <p className="text-muted">{words("liftIntro")}</p>
            <Form action={liftLoss} texts={await getFormTexts(words("lift"))} fields={[]}>
              {back}
            </Form>
          </>
        ) : isUsable(methods, "recovery-codes") ? (
          <>
            <p className="text-muted">{words("intro")}</p>
            <Form action={reportLoss} texts={await getFormTexts(words("submit"))} fields={[]}>
              {back}
            </Form>
          </>
        ) : (
          <>
            <Notice tone="warning">{words("lastUsable")}</Notice>
            {back}
          </>
        )}
      </section>
    </div>
  );
}
