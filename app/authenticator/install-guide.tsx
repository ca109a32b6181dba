import { Share, SquarePlus } from "lucide-react";
import type { PhoneTexts } from "./texts";

/** How an iPhone gets the authenticator onto its Home Screen, before anything is connected. */
export function InstallGuide({ texts }: { texts: PhoneTexts["install"] }) {
  const icon = { "aria-hidden": true, size: 20, strokeWidth: 1.5, className: "inline shrink-0" };
  return (
    <section className="card space-y-4">
      <h1>{texts.title}</h1>
      <p>{texts.intro}</p>
      <ol className="list-decimal space-y-3 pl-5">
        <li>
          {texts.share} <Share {...icon} />
        </li>
        <li>
          {texts.add} <SquarePlus {...icon} />
        </li>
        <li>{texts.open}</li>
      </ol>
      <p className="text-sm text-muted">{texts.why}</p>
    </section>
  );
}
