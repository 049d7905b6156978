/** Which pictures of a stack will probably be wanted next. Pure. */

const AHEAD = 10;
const BEHIND = 3;

/** Return indices in the order in which to fetch them: on in the direction of scrolling, now and then one behind. */
export function aheadOf(index: number, direction: 1 | -1, count: number): number[] {
  const order: number[] = [];
  for (let step = 1; step <= AHEAD; step++) {
    order.push(index + direction * step);
    if (step % 2 === 1 && (step + 1) / 2 <= BEHIND) order.push(index - (direction * (step + 1)) / 2);
  }
  return order.filter((one) => one >= 0 && one < count);
}
