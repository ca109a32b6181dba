import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import type { ListedRequest } from "@/lib/admin/administrative-requests";
import { getDates, getWords } from "@/messages/words";

/** That a second administrator is waited for, or the one who asked. */
export async function OpenRequest({ request }: { request: ListedRequest }) {
  const words = await getWords("lockedOut");
  const dates = await getDates();
  const { requestedBy: by, requestedAt, expiresAt } = request;
  const at = dates.moment(requestedAt);
  return (
    <Notice tone="info">
      <p>
        {request.isApproved
          ? words("approvedRequest", { by })
          : words("requestWaiting", { by, at, until: dates.moment(expiresAt) })}
      </p>
      <p className="mt-2">
        <Link className="link" href="/admin/requests">
          {words("requestLink")}
        </Link>
      </p>
    </Notice>
  );
}
