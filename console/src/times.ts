// Times are told in the browser's zone: relative in lists, with the exact time beside.

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Infinity],
];
const AGAIN_MS = 30_000;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});
const plain = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

export function tellTimes(part: ParentNode): void {
  const now = Date.now();
  for (const time of part.querySelectorAll<HTMLTimeElement>("time[data-when]")) tell(time, now);
}

function tell(time: HTMLTimeElement, now: number): void {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) return;
  time.title = exact.format(at);
  time.textContent = time.dataset["when"] === "relative" ? ago(at.getTime(), now) : plain.format(at);
}

export function ago(at: number, now: number): string {
  let amount = (at - now) / 1000;
  if (Math.abs(amount) < 10) return "just now";
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(Math.round(amount), unit);
    amount /= size;
  }
  return "";
}

setInterval(() => tellTimes(document), AGAIN_MS);
