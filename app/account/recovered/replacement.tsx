import type { ReactNode } from "react";
import { methodWord } from "@/app/account/mfa/method-word";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import type { EnrolledMethod } from "@/lib/mfa/method-names";
import { getWords } from "@/messages/words";

/** What the replacement of a lost method asks for, and what it ends; `children` is the button that begins it. */
export async function Replacement({
  method: kind,
  name = "",
  letter = "none",
  children,
}: {
  method: EnrolledMethod["method"];
  /** What the person calls the lost one, of several. */
  name?: string;
  /** The letter of the set that ends with it. */
  letter?: string;
  children: ReactNode;
}) {
  const words = await getWords("recovered");
  const method = methodWord(kind);
  return (
    <div className="space-y-6">
      <h1>{words("replaceTitle", { method })}</h1>
      <section className="card space-y-5">
        <p>{words("replaceIntro", { method })}</p>
        <ol className="list-decimal space-y-1 pl-5 text-muted">
          <li>{words("replaceStep1", { method })}</li>
          <li>{words("replaceStep2")}</li>
        </ol>
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
