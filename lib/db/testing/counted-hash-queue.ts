import type { takeHashPlace } from "../../hash-queue";

/** How many slow hashes were asked for since a test last set it to zero. */
export const hashes = { count: 0 };

/** The real hash queue, whose hashes are counted as they go by. */
export function countHashes<Queue extends { takeHashPlace: typeof takeHashPlace }>(
  queue: Queue,
): Queue {
  return {
    ...queue,
    takeHashPlace: (lane) => {
      const place = queue.takeHashPlace(lane);
      return (
        place && {
          ...place,
          hash: (task) => {
            hashes.count += task.jobs.length;
            return place.hash(task);
          },
        }
      );
    },
  };
}
