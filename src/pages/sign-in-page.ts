import { layOut } from './handoff-page.ts';

/** Returns the form on which an engineer shows a key, so that the Temporal UI of this browser can read payloads. */
export function renderSignInPage({ isRefused }: { readonly isRefused: boolean }): string {
  return layOut(
    'Read payloads in the Temporal UI',
    `<h1>Read payloads in the Temporal UI</h1>
${isRefused ? '<p class="state" role="alert"><strong>This key is not known, or lacks the scope <code>decode</code>.</strong></p>' : ''}
<p>Histories are encrypted. With a key that has the scope <code>decode</code> this browser may read them for twelve hours.</p>
<form method="post">
<p><label>API key<br><input type="password" name="key" required autocomplete="off" size="40"></label></p>
<p><button>Sign in</button></p>
</form>`,
  );
}
