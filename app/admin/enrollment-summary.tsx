import { EnrollmentChart } from "@/components/enrollment-chart";
import { type EnrollmentTotals, listEnrollmentDays } from "@/lib/mfa/enrollment-totals";
import { getDates, getWords } from "@/messages/words";

/** How many people have how many methods: now, and over the last days. */
export async function EnrollmentSummary({ totals }: { totals: EnrollmentTotals }) {
  const words = await getWords("enrollment");
  const dates = await getDates();
  const percent = (count: number) =>
    words("share", { share: Math.round((100 * count) / Math.max(1, totals.people)) });
  const today = new Date(new Date().toISOString().slice(0, 10));
  const earlier = (await listEnrollmentDays()).filter(({ day }) => day < today);
  const days = [...earlier, { ...totals, day: today }].map(({ day, ...counts }) => ({
    label: dates.day(day),
    noMethod: counts.noMethod,
    oneMethod: counts.oneMethod,
    several: counts.several,
    withCodes: counts.withCodes,
  }));
  const shown = ["noMethod", "oneMethod", "several", "withCodes"] as const;
  return (
    <section aria-label={words("totals")} className="card space-y-6">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-4 sm:grid-cols-5">
        <div>
          <dt className="text-sm text-muted">{words("people")}</dt>
          <dd className="text-lg font-semibold tabular-nums">
            {totals.people.toLocaleString("en")}
          </dd>
        </div>
        {shown.map((name) => (
          <div key={name}>
            <dt className="text-sm text-muted">{words(name)}</dt>
            <dd className="text-lg font-semibold tabular-nums">
              {totals[name].toLocaleString("en")}{" "}
              <span className="text-sm font-normal text-muted">{percent(totals[name])}</span>
            </dd>
          </div>
        ))}
      </dl>
      {days.length > 1 ? (
        <EnrollmentChart
          days={days}
          texts={{
            title: words("chart"),
            table: words("chartTable"),
            day: words("day"),
            noMethod: words("noMethod"),
            oneMethod: words("oneMethod"),
            several: words("several"),
            withCodes: words("withCodes"),
          }}
        />
      ) : (
        <p className="text-sm text-muted">{words("chartEmpty")}</p>
      )}
    </section>
  );
}
