import { parseEnrollmentView } from "@/lib/admin/enrollment-view";
import { exportEnrollment } from "@/lib/admin/export-enrollment";
import { answerExport } from "../answer-export";

/** The people of a view as a file; a POST, since it leaves an entry in the audit log. */
export async function POST(request: Request): Promise<Response> {
  return answerExport(request, {
    path: "/admin",
    fileName: "enrollment",
    run: ({ text, session, from }) =>
      exportEnrollment({ session, view: parseEnrollmentView(text), from }),
  });
}
