/** The public face: what a page may say to standfast(...). */

import { log, safe, talk } from "./guard";
import { startTag } from "./tag";

type Call = Iterable<unknown>;
/** Calls are pushed to `q`, before this file is there and after. */
type Face = {
  q?: { push: (call: Call) => unknown } | Call[];
  app?: string;
  [method: string]: unknown;
};

safe(() => {
  const me = document.currentScript as HTMLScriptElement;
  const face = (window as unknown as { standfast: Face }).standfast;
  const commands = startTag(new URL(me.src).origin, face.app!);
  const { shutdown } = commands;
  commands["debug"] = talk;
  commands["shutdown"] = () => {
    face.q = { push: log };
    delete face.app; // the script may be loaded anew
    shutdown!();
  };
  const push = safe((call: Call) => {
    const [name, ...values] = [...call] as [string, ...never[]];
    return commands[name]!(...values);
  });
  const early = face.q as Call[] | undefined;
  face.q = { push };
  for (const name in commands) face[name] = (...values: unknown[]) => face.q!.push([name, ...values]);
  if (early) early.forEach(push);
})();
