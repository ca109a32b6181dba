import type { LossReportObstacle } from "@/lib/mfa/loss-report";

/** The words that say why a report is refused. */
export function lossObstacleWord(obstacle: LossReportObstacle) {
  const words = {
    "last-usable": "lastUsable",
    "codes-unsaved": "codesUnsaved",
    "only-accepted": "onlyAccepted",
    "one-already": "oneAlready",
  } as const;
  return words[obstacle];
}
