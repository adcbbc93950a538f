/**
 * Makes a call with a signal that is aborted after `ms`, with a TimeoutError, or with the given signal. By hand: a signal
 * of AbortSignal.any and AbortSignal.timeout may be collected as garbage before its time is up, and then nothing ends the
 * call (seen with Node 20).
 */
export async function callWithin<T>(
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'));
  }, ms);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    return await call(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
