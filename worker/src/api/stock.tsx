import { Hono } from "hono";
import { StockPage } from "../pages/stock-page.tsx";
import { monthOf, usageOf } from "../stock/core/stock.ts";
import { readStock } from "../stock/read-stock.ts";
import { allowed, type Guarded } from "./guard.ts";

/** What the organization uses and what that costs. All behind `signedIn`. */
export const stockRoutes = new Hono<Guarded>();

stockRoutes.get("/app/usage", allowed("usage:view"), async (c) => {
  const { organization, person, role } = c.get("scope");
  const stock = await readStock(c.env.DB, organization.id, Date.now());
  const nonce = c.get("secureHeadersNonce") ?? "";
  return c.html(<StockPage {...{ nonce, organization, person, role, stock, month: monthOf(stock) }} />);
});

stockRoutes.get("/app/usage.json", allowed("usage:view"), async (c) => {
  const stock = await readStock(c.env.DB, c.get("scope").organization.id, Date.now());
  return c.json({ ...stock, usedADay: usageOf(stock), month: monthOf(stock) });
});
