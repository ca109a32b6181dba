import { parseAuditView } from "@/lib/admin/audit-view";
import { exportAuditLog } from "@/lib/admin/export-audit-log";
import { answerExport } from "../../answer-export";

/** The events of a view as a file; a POST, since it leaves an event itself. */
export async function POST(request: Request): Promise<Response> {
  return answerExport(request, {
    path: "/admin/audit",
    fileName: "audit-log",
    run: ({ text, session, from }) => exportAuditLog({ session, view: parseAuditView(text), from }),
  });
}
