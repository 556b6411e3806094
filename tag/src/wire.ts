/** Every request to the server: identity, retries, no cookies, no preflight. */

import { log, sleep } from "./guard";
import { remember } from "./memory";

/** A token of the customer's back end, or how to get one. */
export type Identity = string | (() => string | Promise<string>) | null;

/** A problem as the server tells it; `status` 0: no answer came. */
export interface Failed {
  status: number;
  field?: string;
  detail?: string;
  /** The offer cannot be kept; `message` says why in the visitor's words. */
  reason?: string;
  message?: string;
}

export interface Wire {
  become: (identity: Identity) => void;
  /** The same request again and again, as this visitor: the server does it once. */
  insist: <T>(path: string, body: object, isWanted?: () => boolean) => Promise<T>;
  /** One request that needs no identity. */
  once: <T>(path: string, body: object) => Promise<T>;
}

export const PATIENCE = [500, 1000, 2000, 4000];
const VISITOR = "standfast.visitor";

/** Whether the same request may yet succeed. */
export const isPassing = ({ status }: Failed): boolean =>
  !status || status > 499 || status === 429 || status === 408;
export type IsPassing = typeof isPassing;

export function openWire(origin: string, app: string): Wire {
  let identity: Identity = null;
  let token: Promise<string> | null = null;
  let anonymous = "";

  const become = (given: Identity): void => {
    identity = given;
    token = null;
    if (given) remember("local", VISITOR, "");
  };

  const who = async (): Promise<object> => {
    if (identity) {
      token = token || (async () => (typeof identity === "function" ? identity() : identity!))();
      return { app, identity: await token };
    }
    anonymous = anonymous || remember("local", VISITOR) || random();
    remember("local", VISITOR, anonymous);
    return { app, anonymous_id: anonymous };
  };

  const once = async <T>(path: string, body: object): Promise<T> => {
    const failed: Failed = { status: 0 };
    try {
      const answer = await fetch(`${origin}/v1/${path}`, {
        method: "POST",
        body: JSON.stringify(body), // a text goes as text/plain, which asks for no preflight
        credentials: "omit",
        keepalive: true,
      });
      const told = (await answer.json()) as T;
      log(path, told);
      if (answer.ok) return told;
      Object.assign(failed, told);
    } catch (error) {
      log(path, error);
    }
    throw failed;
  };

  const insist = async <T>(path: string, body: object, isWanted?: () => boolean): Promise<T> => {
    let mayAskAnew = true;
    for (let turn = 0; ; ) {
      try {
        return await once<T>(path, { ...(await who()), ...body });
      } catch (error) {
        const failed = error as Failed;
        log(path, failed);
        const isRefused = failed.status === 401;
        if (isRefused || failed.status === undefined) token = null;
        if (isRefused && mayAskAnew && typeof identity === "function") mayAskAnew = false;
        else {
          const delay = PATIENCE[turn++];
          if (!delay || !isPassing(failed) || (isWanted && !isWanted())) throw failed;
          await sleep(delay);
        }
      }
    }
  };

  return { become, insist, once };
}

const random = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
