/** One day of the chart; the counts of its methods add up to all people. */
export type ChartDay = {
  /** As people write it. */
  label: string;
  noMethod: number;
  oneMethod: number;
  several: number;
  withCodes: number;
};

export type ChartTexts = Record<
  "title" | "table" | "day" | "noMethod" | "oneMethod" | "several" | "withCodes",
  string
>;

const WIDTH = 720;
const HEIGHT = 160;

const HATCH = "enrollment-chart-hatch";

/** Those who have no method are hatched: nothing is told by colour alone (WCAG 1.4.1). */
const LAYERS = [
  { name: "several", look: { className: "fill-accent" } },
  { name: "oneMethod", look: { className: "fill-accent/45" } },
  { name: "noMethod", look: { fill: `url(#${HATCH})` } },
] as const;

/**
 * How many people had how many methods, day by day, drawn on the server; the line is how many had unused
 * codes. The numbers are in a table for whoever cannot see it, or wants to know exactly.
 */
export function EnrollmentChart({ days, texts }: { days: ChartDay[]; texts: ChartTexts }) {
  const people = ({ noMethod, oneMethod, several }: ChartDay) => noMethod + oneMethod + several;
  const most = Math.max(1, ...days.map(people));
  const x = (index: number) => (index / Math.max(1, days.length - 1)) * WIDTH;
  const y = (count: number) => HEIGHT - (count / most) * HEIGHT;
  const codes = days.map((day, index) => `${x(index)},${y(day.withCodes)}`).join(" ");
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure className="space-y-3">
      <figcaption className="space-y-1 text-sm">
        <p className="font-medium">{texts.title}</p>
        <div className="flex flex-wrap items-center gap-x-5 gap-y-1 text-muted">
          {LAYERS.map(({ name, look }) => (
            <span key={name} className="flex items-center gap-2">
              <svg aria-hidden="true" className="size-3 rounded-sm bg-raised">
                <rect width="100%" height="100%" {...look} />
              </svg>
              {texts[name]}
            </span>
          ))}
          <span className="flex items-center gap-2">
            <span aria-hidden="true" className="h-0.5 w-4 bg-text" />
            {texts.withCodes}
          </span>
        </div>
      </figcaption>
      <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 gap-y-1 text-sm text-muted">
        <div aria-hidden="true" className="flex flex-col justify-between text-right tabular-nums">
          <span>{most.toLocaleString("en")}</span>
          <span>0</span>
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={texts.title}
          className="h-36 w-full rounded-md bg-raised"
        >
          <title>{texts.title}</title>
          <Hatch />
          <g className="stroke-surface stroke-2">
            {LAYERS.map(({ name, look }, layer) => {
              const below = (day: ChartDay) =>
                LAYERS.slice(0, layer).reduce((sum, lower) => sum + day[lower.name], 0);
              const top = days.map((day, index) => `${x(index)},${y(below(day) + day[name])}`);
              const bottom = days.map((day, index) => `${x(index)},${y(below(day))}`).reverse();
              return (
                <polygon
                  key={name}
                  points={[...top, ...bottom].join(" ")}
                  vectorEffect="non-scaling-stroke"
                  {...look}
                />
              );
            })}
          </g>
          <Line className="stroke-surface stroke-6" points={codes} />
          <Line className="stroke-text stroke-2" points={codes} />
        </svg>
        <div aria-hidden="true" className="col-start-2 flex justify-between">
          <span>{first?.label}</span>
          <span>{last?.label}</span>
        </div>
      </div>
      <details className="text-sm">
        <summary className="link inline-flex min-h-6 cursor-pointer items-center">
          {texts.table}
        </summary>
        <table className="mt-2 w-full text-right">
          <thead className="text-muted">
            <tr>
              <th scope="col" className="py-1 pr-3 text-left font-medium">
                {texts.day}
              </th>
              {COLUMNS.map((name) => (
                <th key={name} scope="col" className="py-1 pl-3 font-medium">
                  {texts[name]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="tabular-nums">
            {days.map((day) => (
              <tr key={day.label} className="border-t border-line">
                <th scope="row" className="py-1 pr-3 text-left font-normal">
                  {day.label}
                </th>
                {COLUMNS.map((name) => (
                  <td key={name} className="py-1 pl-3">
                    {day[name]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function Hatch() {
  return (
    <pattern
      id={HATCH}
      width="6"
      height="6"
      patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"
    >
      <rect width="2" height="6" className="fill-edge" />
    </pattern>
  );
}

function Line({ points, className }: { points: string; className: string }) {
  return (
    <polyline
      points={points}
      vectorEffect="non-scaling-stroke"
      className={`fill-none ${className}`}
    />
  );
}

const COLUMNS = ["noMethod", "oneMethod", "several", "withCodes"] as const;
