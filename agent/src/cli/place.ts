/** What every command is told: where the configuration and the state are. */
export interface Place {
  configFile: string;
  stateDir: string;
}
