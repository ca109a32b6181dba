import { Smartphone } from "lucide-react";
import { Link } from "@/components/link";
import type { EnrolledMethods } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { sayLastUse } from "../last-use";
import { addButton, MethodCard, MethodState, On } from "../method-card";
import { methodPath } from "../method-path";
import { AddAppButton } from "./stage";

const APP = { method: "authenticator-app" } as const;

/** The authenticator app, or the button that adds one. */
export async function AppCard({ methods }: { methods: EnrolledMethods }) {
  const { authenticatorApp: app } = methods;
  const words = await getWords("mfa");
  const dates = await getDates();
  if (!app) {
    return (
      <MethodCard icon={Smartphone} name={words("app")} help={words("appHelp")}>
        <AddAppButton className={addButton(methods)}>{words("addApp")}</AddAppButton>
      </MethodCard>
    );
  }
  return (
    <MethodCard
      icon={Smartphone}
      name={words("app")}
      help={words("appHelp")}
      state={
        <MethodState methods={methods} {...APP} suspendedAt={app.suspendedAt}>
          <On>{words("on")}</On>
        </MethodState>
      }
      facts={[words("added", { date: dates.day(app.addedAt) }), await sayLastUse(app)]}
    >
      <div className="flex flex-wrap items-center gap-3">
        <form action="/account/mfa/authenticator-app">
          <button type="submit" className="button button-secondary">
            {words("replaceApp")}
          </button>
        </form>
        <div className="-ml-3 flex flex-wrap gap-x-1">
          <Link className="button px-3" href={methodPath(APP, "lost")}>
            {app.suspendedAt ? words("found") : words("lost")}
          </Link>
          <Link className="button px-3" href={methodPath(APP, "remove")}>
            {words("remove")}
          </Link>
        </div>
      </div>
    </MethodCard>
  );
}
