import { Shell } from "./shell.tsx";

/** Where a person is on the way in, and what went wrong there; null where nothing did. */
export type SignInStep =
  | { kind: "start"; fault: string | null }
  | { kind: "code"; email: string; fault: string | null };

interface SignInProps {
  nonce: string;
  /** Which ways this server offers. */
  ways: { code: boolean; password: boolean; github: boolean };
  step: SignInStep;
}

export function SignInPage({ nonce, ways, step }: SignInProps) {
  const none = !ways.code && !ways.password && !ways.github;
  return (
    <Shell title="Sign in" nonce={nonce}>
      <section class="narrow">
        <h1>Sign in</h1>
        {step.fault === null ? null : (
          <p class="fault" role="alert">
            {step.fault}
          </p>
        )}
        {step.kind === "code" ? <CodeForm email={step.email} /> : <Ways ways={ways} />}
        {none ? (
          <p>
            This server lets people in by a link that works once. Whoever runs it can make one: it is printed when the
            server starts.
          </p>
        ) : null}
      </section>
    </Shell>
  );
}

function Ways({ ways }: Pick<SignInProps, "ways">) {
  return (
    <>
      {ways.code ? (
        <form method="post" action="/sign-in/code">
          <label>
            E-mail
            <input type="email" name="email" autocomplete="email" required />
          </label>
          <button>Send me a code</button>
        </form>
      ) : null}
      {ways.password ? (
        <form method="post" action="/sign-in/password">
          <label>
            E-mail
            <input type="email" name="email" autocomplete="username" required />
          </label>
          <label>
            Password
            <input type="password" name="password" autocomplete="current-password" required />
          </label>
          <button>Sign in</button>
        </form>
      ) : null}
      {ways.github ? (
        <form method="post" action="/sign-in/github">
          <button>Sign in with GitHub</button>
        </form>
      ) : null}
    </>
  );
}

function CodeForm({ email }: { email: string }) {
  return (
    <form method="post" action="/sign-in/code">
      <p>If {email} may sign in here, a code is on its way. It works for five minutes.</p>
      <input type="hidden" name="email" value={email} />
      <label>
        Code
        <input name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,8}" required />
      </label>
      <button>Sign in</button>
    </form>
  );
}
