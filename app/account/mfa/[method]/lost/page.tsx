import { notFound, redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { requireSession } from "@/lib/auth/current-session";
import { findLossReportObstacle } from "@/lib/mfa/loss-report";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { lossObstacleWord } from "../../loss-obstacle-word";
import { methodFields, methodPath } from "../../method-path";
import { methodWord } from "../../method-word";
import { findMethod, readRequestedMethod } from "../requested-method";
import { liftLoss, reportLoss } from "./actions";

export async function generateMetadata(props: PageProps<"/account/mfa/[method]/lost">) {
  const { method } = await readRequestedMethod(props);
  return { title: (await getWords("lost"))("title", { method: methodWord(method) }) };
}

export default async function LostMethodPage(props: PageProps<"/account/mfa/[method]/lost">) {
  const requested = await readRequestedMethod(props);
  const { userId, aal } = await requireSession(methodPath(requested, "lost"));
  if (requested.method === "security-key") notFound();
  const method = methodWord(requested.method);
  const methods = await findEnrolledMethods(userId);
  const { name, suspendedAt } = findMethod(methods, requested) ?? redirect("/account/mfa");
  const proof = aal === 2 ? "session" : "password";
  const obstacle = findLossReportObstacle(methods, { lost: requested, proof });
  const words = await getWords("lost");
  const fields = methodFields(requested);
  const back = (
    <Link className="button w-full" href="/account/mfa">
      {(await getWords("appEnrollment"))("cancel")}
    </Link>
  );
  return (
    <div className="space-y-6">
      <h1>{words("title", { method })}</h1>
      <section className="card max-w-120 space-y-5">
        {name && <p className="font-medium">{name}</p>}
        {suspendedAt ? (
          <>
            <p>{words("suspendedSince", { method, date: (await getDates()).day(suspendedAt) })}</p>
            <p className="text-muted">{words("liftIntro")}</p>
            <Form action={liftLoss} texts={await getFormTexts(words("lift"))} fields={fields}>
              {back}
            </Form>
          </>
        ) : obstacle ? (
          <>
            <Notice tone="warning">{words(lossObstacleWord(obstacle))}</Notice>
            {back}
          </>
        ) : (
          <>
            <p className="text-muted">{words("intro", { method })}</p>
            <Form action={reportLoss} texts={await getFormTexts(words("submit"))} fields={fields}>
              {back}
            </Form>
          </>
        )}
      </section>
    </div>
  );
}
