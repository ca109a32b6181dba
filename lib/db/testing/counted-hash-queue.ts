import type { takeHashPlace } from "../../hash-queue";

/**
 * How many slow hashes were asked for since a test last set it to zero, and what happens, once, while the next one
 * is on its way.
 */
export const hashes: { count: number; meanwhile?: (() => Promise<void>) | undefined } = {
  count: 0,
};

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
          hash: async (task) => {
            hashes.count += task.jobs.length;
            const { meanwhile } = hashes;
            hashes.meanwhile = undefined;
            await meanwhile?.();
            return place.hash(task);
          },
        }
      );
    },
  };
}
