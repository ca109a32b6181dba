import type { ReactNode } from "react";
import { methodWord } from "@/app/account/mfa/method-word";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import type { CurrentSession } from "@/lib/auth/current-session";
import type { EnrolledMethod } from "@/lib/mfa/method-names";
import type { EnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { Deadline } from "./deadline";

/** What the replacement of a lost method asks for, and what it ends; `children` is the button that begins it. */
export async function Replacement({
  method: kind,
  name = "",
  session,
  methods,
  children,
}: {
  method: EnrolledMethod["method"];
  /** What the person calls the lost one, of several. */
  name?: string;
  session: CurrentSession;
  methods: EnrolledMethods;
  children: ReactNode;
}) {
  const words = await getWords("recovered");
  const method = methodWord(kind);
  const letter = methods.recoveryCodes?.letter ?? "none"; // of the set that ends with it
  return (
    <div className="space-y-6">
      <h1>{words("replaceTitle", { method })}</h1>
      <section className="card space-y-5">
        <p>{words("replaceIntro", { method })}</p>
        <ol className="list-decimal space-y-1 pl-5 text-muted">
          <li>{words("replaceStep1", { method })}</li>
          <li>{words("replaceStep2")}</li>
        </ol>
        <Deadline session={session} methods={methods} />
        <Notice tone="warning">{words("replaceEnds", { method, name, letter })}</Notice>
        <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
          {children}
          <Link className="button" href="/account/recovered">
            {(await getWords("appEnrollment"))("cancel")}
          </Link>
        </div>
      </section>
    </div>
  );
}
