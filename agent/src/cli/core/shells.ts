/** The shells that can be told how to complete. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
