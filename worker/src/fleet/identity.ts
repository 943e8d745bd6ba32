/** Who an agent is, as its credential proved. */
export interface AgentIdentity {
  organizationId: string;
  hostId: string;
  /** The credential's version; the Fleet knows which one is in force. */
  version: number;
}

/** Who looks at the dashboard, as the session proved. */
export interface ViewerIdentity {
  organizationId: string;
  userId: string;
}

/** The headers with which the Worker tells the Fleet who is connecting. Never taken from outside. */
export const IDENTITY_HEADER = "x-afloat-identity";
