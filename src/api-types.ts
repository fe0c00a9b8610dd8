// Made from openapi.json by `npm run docs:openapi`: not to be edited.
export interface paths {
    "/v1/reservations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set the worst cost of a call aside, before you send it
         * @description On every budget that covers the call: all of them or none. Send your request only after a 201, once, with `max_output_tokens` as its limit, and end it by `valid_until`.
         *
         *     The money counts as sent from then on: settle it with what the provider says it used, or release it if it was never sent, or refused without a bill. Whoever does neither has spent it.
         *
         *     A refusal is final for its Idempotency-Key: ask again with a new one.
         *
         *     Needs the scope `reservations:write`.
         */
        post: operations["createReservation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reservations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A reservation as it stands now
         * @description Needs the scope `reservations:write`.
         */
        get: operations["getReservation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reservations/{id}/settle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Book what it really cost
         * @description The exact cost at the prices in force when it was granted; what is left of the amount is free again. Also after it was presumed, or released: an answer is always booked. The same usage again has no effect.
         *
         *     Needs the scope `reservations:write`.
         */
        post: operations["settleReservation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reservations/{id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give it back, because nothing was billed
         * @description Your word, which is recorded: `never_sent`, or `rejected_unbilled` (the provider refused it, and bills nothing). A timeout or a cut connection is neither: it may have been billed.
         *
         *     Needs the scope `reservations:write`.
         */
        post: operations["releaseReservation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/estimates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a call costs at worst, and whether its budgets could pay for it
         * @description It has no effect: nothing is set aside, so the answer is true for its moment only. Reserve to be sure.
         *
         *     Needs the scope `reservations:write`.
         */
        post: operations["createEstimate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Book what was used elsewhere, or is no model call
         * @description As spent, on every budget that covers it, priced by the book at its moment. Never refused for want of money: it has happened. Once per `key`; with other terms it is a 409 `conflict`.
         *
         *     Needs the scope `track:write`.
         */
        post: operations["trackUsage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/track/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Book up to 1000 usages at once
         * @description In one commit, each under its own `key`. `all`: if one cannot be booked, nothing is, and the problem names every one. `each`: what can be booked is, and the answer says of the others why not.
         *
         *     Needs the scope `track:write`.
         */
        post: operations["trackUsages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every request to a model, failed ones too, and what was tracked: those of the newest job first
         * @description Reserved from `from` (thirty days ago, if left out) to before `to`. A key that is bound to an account sees those that this account bears.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["listCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One request to a model, or one tracked usage
         * @description Needs the scope `reports:read`.
         */
        get: operations["getCall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{id}/preparation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was decided before a call was sent: the model and why, and every word that was taken out of its prompt
         * @description Of a removed text the first 200 characters, of a rule and a message the first 20 texts. Kept until the month of the call is dropped.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["getCallPreparation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{id}/score": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say how good an answer was, and what it was worth
         * @description Whenever it is known; the last word stands, and what is left out stays as it was.
         *
         *     Needs the scope `track:write`.
         */
        post: operations["scoreCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All calls of a question as CSV, one row each: those of the newest job first
         * @description The question is that of `GET /v1/calls`, without its pages; costs are in EUR with nine digits. It is sent as it is read: an answer that ends before its end (the connection breaks) is not whole.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["exportCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/focus": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A month in the form of FOCUS 1.2, as CSV: one row per hour, scope, price and unit
         * @description Billed in EUR, priced in USD; the sum of BilledCost is what was spent in the month, to the last digit. Columns that FOCUS does not know begin with `x_`. It is sent as it is read: an answer that ends before its end (the connection breaks) is not whole.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["exportFocus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/costs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was spent by any one or two dimensions, and by hour, day, week or month
         * @description The oldest time first, then the dearest. A request counts when it has ended, in the moment in which it was reserved, at what it costs as known now; what the house bears belongs to no account and no user.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["analyseCosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was spent in all, and how that is made up
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseTotal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/daily": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each model cost on each day, the newest day first
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseDaily"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who spent the most
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/features": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each feature cost, in all and on a day on which it was used
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseFeatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each operation cost: an endpoint with a model
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/cost-per-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a token cost with each model, of calls that were answered
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseCostPerToken"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each account cost
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseAccounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each team cost
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseTeams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each project cost
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseProjects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/environments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each environment cost
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseEnvironments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/vendors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was bought of each provider and model, at which price, beside its list price
         * @description Volume, effective and list price of a million tokens, share of the whole, and the change against as long a time before: any number of months. List prices are in USD: with `currency` USD the effective ones are, too.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["analyseVendors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The last hours, the oldest first; an hour without calls is there, with nothing
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/live-models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each model cost in the last hours
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseLiveModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/cache": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much of the input came from the providers’ caches, and what that saved
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseCache"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/reserved": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was set aside for each model, beside what it cost
         * @description How tight the bounds are: what is set aside and not used keeps others waiting.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["analyseReserved"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/latency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What calls cost, beside how long they took
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseLatency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/value": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each feature cost, beside how good its answers were and what they were worth
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseValue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/infrastructure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What infrastructure cost, beside the models
         * @description Needs the scope `reports:read`.
         */
        get: operations["analyseInfrastructure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/duplicate-prompts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was asked more than once, and what asking it again cost
         * @description By the same account, with the same content. Only jobs tell their content: what was reserved over HTTP, or tracked, is in no row.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["analyseDuplicatePrompts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which budgets refused calls, how often, and how much these needed
         * @description Of months whose calls are kept.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["analyseRefusals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The answer to a named question as CSV: the columns and the rows of its endpoint
         * @description It takes what `/v1/analytics/…` takes, and the name of the question.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["exportAnalytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/report-schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reports that are sent by themselves
         * @description Needs the scope `reports:read`.
         */
        get: operations["listReportSchedules"];
        put?: never;
        /**
         * Have the answer to a named question sent after each day, week or month
         * @description As a notice of the type `report.ready`, with its rows and as CSV, to every destination that takes it; each time once.
         *
         *     Needs the scope `admin`.
         */
        post: operations["createReportSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/report-schedules/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Nothing of it is sent any more
         * @description Again: no effect. Its name is free for another one.
         *
         *     Needs the scope `admin`.
         */
        post: operations["endReportSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs: those that run first, newest first, then those that have ended, the last one first
         * @description Temporal lists a job within a second or so of its start, and for as long as it keeps it. Where its search attributes are not registered, a page may hold fewer than `limit` while there are more.
         *
         *     Needs the scope `jobs:write`.
         */
        get: operations["listJobs"];
        put?: never;
        /**
         * Start a job under an account’s budget
         * @description `banner`: a brief becomes one to four LinkedIn banners. `batch`: calls that may wait for up to a day are handed in together, at half the price. The same Idempotency-Key, or the same `job_id`, with the same body finds the job that it has started, whether it still runs or not, and starts none. A `job_id` that was started with another input is a 409.
         *
         *     Needs the scope `jobs:write`.
         */
        post: operations["startJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A job: how it stands, what it waits for, what came of it, and its money
         * @description Needs the scope `jobs:write`.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask a job to end
         * @description A request that was sent is waited for, and booked; what was not sent is given back. No effect on a job that has ended.
         *
         *     Needs the scope `jobs:write`.
         */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Budgets and how they stand now, oldest first
         * @description A key that is bound to an account sees those that name it.
         *
         *     Needs the scope `budgets:read`.
         */
        get: operations["listBudgets"];
        put?: never;
        /**
         * Make a budget, in force for the next reservation, everywhere
         * @description It begins with what its scope has spent in the period so far, and takes over what is reserved. The same terms under the same name again have no effect (200); other terms are a 409. Without an account in its scope it needs the scope `admin`, and a key that is bound to none.
         *
         *     Needs the scope `budgets:write`.
         */
        post: operations["createBudget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/budgets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A budget and how it stands now
         * @description Needs the scope `budgets:read`.
         */
        get: operations["getBudget"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a budget’s amount, kind or thresholds
         * @description In force from this answer on, in the period of now and in all that come; top-ups and cuts of a period stay on top. What is left out stays. Another name, scope or period is another budget. A plan’s amount is changed by a version of the plan.
         *
         *     Needs the scope `budgets:write`.
         */
        patch: operations["updateBudget"];
        trace?: never;
    };
    "/v1/budgets/{id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a budget: it refuses nothing any more
         * @description What is settled on it is still booked. Again: no effect. An account’s plan cannot be archived: suspend the account.
         *
         *     Needs the scope `budgets:write`.
         */
        post: operations["archiveBudget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/budgets/{id}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a budget will have spent when its period ends, and when its amount will be spent
         * @description Of what its scope spent in the last eight weeks, by its days and weekdays, as if nothing were refused. Reckoned, not booked: an estimate with a band of 80 %. Only of a budget in force (409).
         *
         *     Needs the scope `budgets:read`.
         */
        get: operations["getBudgetForecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/top-ups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add to a budget’s amount for its period of now; below zero, take from it
         * @description Name a budget, or an account: then its plan’s budget is meant. A cut below what is used is an overrun. What a plan allows is the installation’s: its top-up needs the scope `admin`, and a key that is bound to no account.
         *
         *     Needs the scope `budgets:write`.
         */
        post: operations["createTopUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/waiters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Calls that wait for money, in the order of coming
         * @description Of jobs that were started with `on_refused: wait`, or whose own workflow says so. A key that is bound to an account sees its own.
         *
         *     Needs the scope `budgets:read`.
         */
        get: operations["listWaiters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rate-limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All rate limits
         * @description Of the whole installation: this needs a key that is bound to no account.
         *
         *     Needs the scope `budgets:read`.
         */
        get: operations["listRateLimits"];
        put?: never;
        /**
         * Set a rate limit, or change it
         * @description In force within a second, in all processes. This needs the scope `admin`, and a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["setRateLimit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rate-limits/{id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove a rate limit
         * @description Needs the scope `admin`.
         */
        post: operations["removeRateLimit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Accounts by id, with their budgets as they stand now
         * @description Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["listAccounts"];
        put?: never;
        /**
         * Make an account with its plan’s monthly budget, unless it is there
         * @description With the same terms again: no effect (200). With another plan, time zone or opening amount: 409. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["createAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An account with its budgets as they stand now
         * @description A key that is bound to an account sees this one.
         *
         *     Needs the scope `admin`.
         */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An account’s sealed statements, oldest first, without their lines
         * @description Needs the scope `reports:read`.
         */
        get: operations["listStatements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An account’s month with its lines: sealed, or as it would be now
         * @description Features, models and users each come to `spent`; the correction lines come to `corrections`.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["getStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An account’s statement as CSV: one row per amount, in EUR with nine digits
         * @description Needs the scope `reports:read`.
         */
        get: operations["exportStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put an account on another plan, now or with its next month
         * @description Without `from`: now, if the plan may spend no less than the one before; else with the next month. Now, the month gets all that the plan may spend in one, or (`days`) the difference by the days that are left. It takes back a change that was to come. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["changeAccountPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which plans an account had, has and will have, in the order in which they were decided
         * @description Needs the scope `admin`.
         */
        get: operations["listAccountPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reserve and send nothing for an account from now on
         * @description What was sent is still booked. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["suspendAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let an account reserve and send again
         * @description One that is cancelled comes back; a cancellation that is to come stays. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["activateAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End an account with its month, until which it may spend, or now
         * @description From then on its calls are refused, and what is reserved is not sent; what was sent is booked. `never` takes a cancellation back that has not come yet; `activate` brings back who is cancelled. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["cancelAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A month beside a baseline month: what cost most, why, and what could be saved
         * @description Made anew each time of what the ledger has. It switches nothing.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["getReview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/review/baseline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The month that others are reviewed beside
         * @description Needs the scope `reports:read`.
         */
        get: operations["getReviewBaseline"];
        put?: never;
        /**
         * Name the month that others are reviewed beside
         * @description Of reviews that name none themselves, those that are sent among them. It needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["setReviewBaseline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plans by name, with their versions
         * @description Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["listPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A plan with its versions
         * @description Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["getPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a plan may spend in a month, from now or a day on
         * @description A plan that is not there is made. Months that have begun keep their amount; those that begin then or later take it. The same terms again: no effect. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["setPlanVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/savings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each strategy saved, by feature, the largest first; and which were on without effect
         * @description Computed from real usage at the price that would have been paid, and booked within seconds after an answer.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["getSavings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/savings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same as CSV
         * @description Needs the scope `reports:read`.
         */
        get: operations["exportSavings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/saving-switches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which strategies are switched on, by feature
         * @description Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["listSavingSwitches"];
        put?: never;
        /**
         * Switch strategies of a feature on or off
         * @description What is left out stays; `false` switches off, null takes back what was said, so that `*` holds. Calls that were prepared stay as they are; new ones see it within seconds. The same again: no effect. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["setSavingSwitch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/saving-switches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is switched on for a feature, and what was before
         * @description Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["getSavingSwitch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cache": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the response cache keeps, how often it was asked, and what it saved
         * @description Needs the scope `reports:read`.
         */
        get: operations["getCache"];
        put?: never;
        post?: never;
        /**
         * Forget answers: of an account, a feature or a model, or all
         * @description Answers that are asked for now are not kept either. Calls that were answered from the cache hear the same again. A key that is bound to an account clears what that account’s calls made.
         *
         *     Needs the scope `admin`.
         */
        delete: operations["clearCache"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is stopped now, oldest first
         * @description A key that is bound to an account sees the stops that name it.
         *
         *     Needs the scope `budgets:read`.
         */
        get: operations["listStops"];
        put?: never;
        /**
         * The panic switch: nothing of a scope is reserved or sent any more, anywhere
         * @description From this answer on. What was sent is still booked. Stopped already: no effect (200), and the first reason stays. Without an account in its scope it needs the scope `admin`, and a key that is bound to none.
         *
         *     Needs the scope `budgets:write`.
         */
        post: operations["stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stops/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a stop
         * @description Again: no effect. To stop is easy, and to go on is not: this needs the scope `admin`, and a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What rules have found, the newest first
         * @description A key that is bound to an account sees the alerts that are about it alone.
         *
         *     Needs the scope `budgets:read`.
         */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One alert, with its evidence
         * @description Needs the scope `budgets:read`.
         */
        get: operations["getAlert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that somebody has it in hand: it says no more until it is over
         * @description Again, or after its end: no effect.
         *
         *     Needs the scope `budgets:write`.
         */
        post: operations["acknowledgeAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that it is over
         * @description A stop that it made stands until it is resumed. In the same hour, day or period it is not opened again. Again: no effect.
         *
         *     Needs the scope `budgets:write`.
         */
        post: operations["resolveAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What alerts are made of, by name
         * @description Needs the scope `budgets:read`.
         */
        get: operations["listAlertRules"];
        put?: never;
        /**
         * Make a rule, or change the one of this name
         * @description What is left out stays as it was; a new rule says its kind, what is too much, and its action (`warn`, if left out). `enabled: false` switches one off; none is deleted, because alerts name it. It needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["setAlertRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/destinations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where notices go, oldest first
         * @description Needs the scope `admin`.
         */
        get: operations["listDestinations"];
        put?: never;
        /**
         * Say where notices go: a webhook, Slack, a mail address, or the worker’s log
         * @description Webhooks are signed as Standard Webhooks says; the secret is in this answer and in no other. A receiver has an https address that is not private, unless this installation allows private ones. Without an account it gets the notices of all: that needs a key that is bound to none, and so do mail and the log.
         *
         *     Needs the scope `admin`.
         */
        post: operations["createDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/destinations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A destination
         * @description Needs the scope `admin`.
         */
        get: operations["getDestination"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/destinations/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Nothing goes there any more
         * @description What was on its way ends as dead. Again: no effect. Its name is free for another one.
         *
         *     Needs the scope `admin`.
         */
        post: operations["disableDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/destinations/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * It gets what is told from now on
         * @description Again: no effect. What died meanwhile can be sent again.
         *
         *     Needs the scope `admin`.
         */
        post: operations["enableDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/destinations/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A new secret, beside which the old one signs for a while
         * @description Until the overlap ends each request has a signature of both, so a receiver may change when it suits. With an overlap of 0 the old one ends at once.
         *
         *     Needs the scope `admin`.
         */
        post: operations["rotateDestinationSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/destinations/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send it a notice of the type destination.test
         * @description Whatever it takes else. How it went says the delivery.
         *
         *     Needs the scope `admin`.
         */
        post: operations["testDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Notices on their way, and how far each has come: newest first
         * @description A key that is bound to an account sees those to destinations of this account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A delivery
         * @description Needs the scope `admin`.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send it again: a dead one, or what a receiver has lost
         * @description As the same notice, with the same `webhook-id`; it is tried for three days again. One that is still tried is a conflict.
         *
         *     Needs the scope `admin`.
         */
        post: operations["resendDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent and never answered: in doubt (its money is held) or presumed (it is spent)
         * @description In the order of the start of their jobs. A key that is bound to an account sees those of this account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["listAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/attempts/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A person’s word on what an attempt cost
         * @description Booked with the reason, once. It frees what is still set aside. An answer or a bill counts more, whenever it comes. That it cost nothing is believed only when no answer can come any more. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["resolveAttempt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check every invariant of the ledger, now, on the live database
         * @description It reads, and changes and locks nothing. A ledger that is too large for the time of a request is checked by `purser audit`. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["runAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/bills": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bills that were imported, the newest first
         * @description Needs the scope `admin`.
         */
        get: operations["listBills"];
        put?: never;
        /**
         * Store the lines of a provider’s bill, each once; books nothing
         * @description The same file again has no effect. A row that cannot be read, or a line that was stored with other figures, is named, and nothing is stored. Larger files are cut by days, or imported by `purser reconcile import`. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["importBill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/bills/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A bill, with what has become of its lines
         * @description Needs the scope `admin`.
         */
        get: operations["getBill"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/bills/{id}/drift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A bill’s days beside the ledger: what differs in quantity, price and euro
         * @description Per day, model, tier and unit, with all stored lines of its provider on these days. The parts in USD (missing in the ledger, less missing on the bill, presumed, quantity, price) add up to what the bill has more.
         *
         *     Needs the scope `admin`.
         */
        get: operations["getBillDrift"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/bills/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Book what differs, on the attempts and on the house
         * @description Some two thousand lines a request: while the bill is `approving` afterwards, ask again with a new key. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["approveBill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/bills/{id}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The file was a mistake: its lines go, and may be imported again
         * @description Not after it is booked. Again: no effect. Needs a key that is bound to no account.
         *
         *     Needs the scope `admin`.
         */
        post: operations["discardBill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/prices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The prices in force at a moment, by provider, model, tier and unit
         * @description Needs the scope `reports:read`.
         */
        get: operations["listPrices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Euro rates, the newest first; of one day the one that holds first
         * @description Needs the scope `reports:read`.
         */
        get: operations["listRates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Models that have a price now, by name, and what they take
         * @description A limit that nobody has said is null.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * API keys, oldest first
         * @description A key that is bound to an account sees those of this account.
         *
         *     Needs the scope `admin`.
         */
        get: operations["listKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a key for good
         * @description It opens nothing from then on; a process that has just looked it up lets it go within five seconds. Ending it again has no effect.
         *
         *     Needs the scope `admin`.
         */
        post: operations["revokeKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/acts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what with the administration, oldest first
         * @description Needs the scope `admin`.
         */
        get: operations["listActs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ai-spend/track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Book a model call that somebody has made, in the short form of the field
         * @description As `POST /v1/track` does. Without an Idempotency-Key each request is a usage of its own.
         *
         *     Needs the scope `track:write`.
         */
        post: operations["aiSpendTrack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ai-spend/budget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a feature’s monthly budget stands now
         * @description Needs the scope `budgets:read`.
         */
        get: operations["aiSpendBudget"];
        put?: never;
        /**
         * Say what a feature may spend in a month, in the short form of the field
         * @description A hard monthly budget over exactly the feature: made, or changed if it is there; a soft one is another budget, and stays. Without an account, and with a key that is bound to none, it covers all accounts, and needs the scope `admin`. A limit in USD becomes EUR at the newest rate, once.
         *
         *     Needs the scope `budgets:write`.
         */
        post: operations["aiSpendSetBudget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ai-spend/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A month’s spending by any scope value, the dearest first
         * @description The last month that is over, if `month` is left out. What the house bears belongs to no account and no user.
         *
         *     Needs the scope `reports:read`.
         */
        get: operations["aiSpendReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/analytics/costs/daily": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was spent on each day, the oldest first; a day without calls is there, with nothing
         * @description Needs the scope `reports:read`.
         */
        get: operations["dailyCosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/analytics/costs/by-model": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was spent on each model, the dearest first
         * @description Needs the scope `reports:read`.
         */
        get: operations["costsByModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/analytics/costs/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was spent in all
         * @description Needs the scope `reports:read`.
         */
        get: operations["totalCost"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Reservation: {
            /** @example rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e */
            id: string;
            /**
             * @description `dispatched`: granted, and taken for sent. `settled`: its cost is booked. `rejected`: given back. `in_doubt`: no answer in time, its money is held. `presumed`: spent in full, until somebody says what it cost
             * @enum {string}
             */
            state: "dispatched" | "settled" | "rejected" | "in_doubt" | "presumed" | "reserved" | "released";
            account: string;
            provider: string;
            model: string;
            endpoint: string;
            tier: string;
            amount: components["schemas"]["Money"];
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description Your request must have ended by then; later it is in doubt. Its answer is booked whenever it comes
             */
            valid_until: string;
            /**
             * Format: date-time
             * @description Then it is spent in full, unless it was settled or released
             */
            presumed_at: string;
            cost: components["schemas"]["Money"] | null;
            given_back: components["schemas"]["Money"] | null;
            lines: components["schemas"]["CostLine"][];
            /** @description Such as `usage_missing`, `other_model`, `unpriced` */
            flags: string[];
            why: string | null;
            /** @description Every budget that covers it and that the key may see, with what it has left now */
            budgets: components["schemas"]["BudgetLeft"][];
        };
        /** @description What is set aside: the worst possible cost */
        Money: {
            /**
             * @description A decimal with nine digits after the point: never a JSON number
             * @example 0.035712340
             */
            amount: string;
            /** @enum {string} */
            currency: "EUR";
        };
        CostLine: {
            /** @example input_text_tokens */
            unit: string;
            /** @example 1500 */
            quantity: string;
            /**
             * @description What the price book says, exactly
             * @example 0.000412500000
             */
            usd: string;
            cost: components["schemas"]["Money"];
            price_id: string;
            rate_id: string;
        };
        BudgetLeft: {
            /** @example bdg_12 */
            id: string;
            name: string;
            /** @example 2026-11 */
            period: string;
            remaining: components["schemas"]["Money"];
        };
        Problem: {
            /**
             * @description Where the code is explained
             * @example /docs#budget_exceeded
             */
            type: string;
            /** @description The same for every problem of this code */
            title: string;
            status: number;
            /** @description What is wrong, and what to do */
            detail: string;
            /**
             * @description Stable: switch on it
             * @enum {string}
             */
            code: "account_conflict" | "already_settled" | "ambiguous_model" | "bad_input" | "body_too_large" | "budget_exceeded" | "conflict" | "idempotency_key_required" | "idempotency_key_reused" | "installation_unknown" | "internal_error" | "job_conflict" | "key_invalid" | "key_missing" | "ledger_busy" | "method_not_allowed" | "no_budget" | "not_found" | "not_permitted" | "not_written" | "nothing_here" | "port_taken" | "precondition_failed" | "precondition_required" | "rate_limited" | "rate_missing" | "recovering" | "request_running" | "reservation_missing" | "stopped" | "temporal_too_old" | "temporal_unreachable" | "timeout" | "too_old" | "unauthorized" | "unavailable" | "unknown_account" | "unknown_plan" | "unpriced_model" | "unsupported_media_type" | "usage_unreadable";
            /** @example req_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d */
            request_id: string;
            errors?: {
                field: string;
                message: string;
            }[];
        } & {
            [key: string]: unknown;
        };
        BudgetExceeded: components["schemas"]["Problem"] & ({
            budget: {
                id: string;
                name: string;
                period: string;
            } | null;
            needed: components["schemas"]["Money"];
            cap?: components["schemas"]["Money"];
            spent?: components["schemas"]["Money"];
            reserved?: components["schemas"]["Money"];
            remaining?: components["schemas"]["Money"];
            /**
             * Format: date-time
             * @description The earliest moment at which money comes back; null: never by itself
             */
            resets_at: string | null;
            what_would_work: ({
                /** @enum {string} */
                kind: "wait";
                /** Format: date-time */
                until: string;
            } | {
                /** @enum {string} */
                kind: "top_up";
                by: components["schemas"]["Money"];
            } | {
                /** @enum {string} */
                kind: "fit";
                max_output_tokens: number;
            })[];
        } & {
            [key: string]: unknown;
        });
        Estimate: {
            /** @description Whether a reservation of it would be granted at this moment */
            can_afford: boolean;
            bound: components["schemas"]["Money"] & unknown;
            /** @description What the tightest hard budget has left that covers it and that the key may see; null when there is none */
            remaining: components["schemas"]["Money"] | null;
            provider: string;
            model: string;
            tier: string;
            /** @description Why nothing of this scope may start; null when it may */
            stopped: string | null;
            /** @description Which budget would refuse it, and what would work */
            refusal: {
                detail: string;
                budget: {
                    id: string;
                    name: string;
                    period: string;
                } | null;
                needed: components["schemas"]["Money"];
                cap?: components["schemas"]["Money"];
                spent?: components["schemas"]["Money"];
                reserved?: components["schemas"]["Money"];
                remaining?: components["schemas"]["Money"];
                /**
                 * Format: date-time
                 * @description The earliest moment at which money comes back; null: never by itself
                 */
                resets_at: string | null;
                what_would_work: ({
                    /** @enum {string} */
                    kind: "wait";
                    /** Format: date-time */
                    until: string;
                } | {
                    /** @enum {string} */
                    kind: "top_up";
                    by: components["schemas"]["Money"];
                } | {
                    /** @enum {string} */
                    kind: "fit";
                    max_output_tokens: number;
                })[];
            } | null;
            /** @description Every budget that covers it and that the key may see */
            budgets: {
                /** @example bdg_12 */
                id: string;
                name: string;
                period: string;
                is_hard: boolean;
                remaining: components["schemas"]["Money"];
            }[];
        };
        TrackedUsage: {
            /** @example trk_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e */
            id: string;
            key: string;
            account: string;
            provider: string;
            model: string;
            endpoint: string;
            tier: string;
            /** Format: date-time */
            at: string;
            /** Format: date-time */
            booked_at: string;
            cost: components["schemas"]["Money"];
            /** @description False: this key was booked before, and nothing has changed */
            is_new: boolean;
            /** @description Every budget that it is spent on and that the key may see, with what it is over its cap by now */
            budgets: {
                /** @example bdg_12 */
                id: string;
                name: string;
                period: string;
                overrun: components["schemas"]["Money"];
            }[];
        };
        TrackedBatch: {
            data: components["schemas"]["BatchedUsage"][];
            booked: number;
            known: number;
            failed: number;
        };
        BatchedUsage: {
            key: string;
            /**
             * @description `known`: it was booked before
             * @enum {string}
             */
            state: "booked" | "known" | "failed";
            usage: components["schemas"]["TrackedUsage"] | null;
            error: {
                code: string;
                detail: string;
            } | null;
        };
        CallList: {
            data: components["schemas"]["Call"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Call: {
            /**
             * @description `rsv_…` of what was reserved, `trk_…` of what was tracked
             * @example rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e
             */
            id: string;
            /** @description The call of a job that this request was made for; null for what was tracked */
            call: string | null;
            workflow_id: string | null;
            run_id: string | null;
            call_id: string | null;
            /** @description Which request of its call it was */
            attempt: number | null;
            /** @description Requests of its call that went out so far */
            attempts: number;
            /**
             * Format: date-time
             * @description Its month is that of this moment
             */
            reserved_at: string;
            /** Format: date-time */
            sent_at: string;
            account: string;
            provider: string;
            model: string;
            endpoint: string;
            user: string | null;
            team: string | null;
            project: string | null;
            feature: string | null;
            environment: string | null;
            labels?: {
                [key: string]: string;
            };
            /** @enum {string} */
            state: "reserved" | "dispatched" | "settled" | "released" | "rejected" | "in_doubt" | "presumed";
            /** @description An answer is booked */
            success: boolean;
            error: string | null;
            input_tokens: number;
            output_tokens: number;
            total_tokens: number;
            /** @description Of the input, read from a cache */
            cached_tokens: number;
            /** @description Of the output, thought and not said */
            reasoning_tokens: number;
            /** @description Of input and output */
            image_tokens: number;
            input_cost: components["schemas"]["Money"];
            output_cost: components["schemas"]["Money"];
            other_cost: components["schemas"]["Money"] & unknown;
            /** @description As known now; null while nobody knows it */
            total_cost: components["schemas"]["Money"] | null;
            /** @enum {string|null} */
            cost_source: "bill" | "answer" | "person" | "presumption" | null;
            cost_per_1000_tokens: components["schemas"]["Money"] | null;
            /** @description What was set aside for it: its bound */
            reserved_amount: components["schemas"]["Money"] | null;
            /** @description What its answer cost, unit by unit; a cost in USD has twelve digits */
            lines: {
                unit: string;
                quantity: string;
                cost: components["schemas"]["Money"];
                usd: string;
            }[];
            duration_ms: number | null;
            flags: string[];
            /** @description Some of its input was read from the provider’s cache */
            cache_hit: boolean;
            /** @description The same for the same request; keyed, so that nobody can try out what it was */
            prompt_hash: string | null;
            /** @description Why this model, where the call was prepared: `usual_model` is what would have been asked without a route */
            route: {
                asked_model: string;
                usual_model: string;
                code: string;
                reason: string;
                complexity: string | null;
            } | null;
            /** @description What of its prompt was not sent, by rule; the words themselves: `/v1/calls/{id}/preparation` */
            compressed: {
                rule: string;
                characters: number;
                /** @description Estimated */
                tokens: number;
            }[];
            /** @example 0.950 */
            quality: string | null;
            accuracy: string | null;
            /** @description What it was worth, as somebody says */
            value: components["schemas"]["Money"] | null;
        };
        CallPreparation: {
            /** @description The call’s */
            id: string;
            /** @description `auto`: the call named none */
            asked_model: string;
            /** @description What would have been asked without a route */
            usual_model: string;
            provider: string;
            model: string;
            code: string;
            reason: string;
            complexity: string | null;
            /** @description Estimated */
            tokens_not_sent: number;
            removed: {
                rule: string;
                /** @description Which message of the request, from 0 */
                message: number;
                /** @description In their order; of white space none */
                texts: string[];
                characters: number;
                tokens: number;
            }[];
        };
        AnalyticsCosts: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string | null;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string | null;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Thoughts among them */
                output_tokens: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Of these, those without an answer */
                failed_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * Format: date-time
                 * @description Where the hour, day, week or month begins
                 */
                since?: string;
                /**
                 * @description The dimensions with their values; null of calls that have none
                 * @example {
                 *       "feature": "chat"
                 *     }
                 */
                group: {
                    [key: string]: string | null;
                };
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change?: string | null;
            }[];
        };
        AnalyticsTotal: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string | null;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string | null;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Thoughts among them */
                output_tokens: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Of these, those without an answer */
                failed_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsDaily: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /**
                 * Format: date
                 * @description As it is in the time zone
                 */
                day: string;
                /** @description Null: of calls that have none */
                model: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /** @description In and out */
                total_tokens: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                request_count: number | null;
            }[];
        };
        AnalyticsUsers: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                user: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                request_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                average_cost: string | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsFeatures: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                feature: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description The total, divided by the days on which it had calls
                 * @example 12.035712340
                 */
                daily_avg: string | null;
                /** @description Days on which it had calls */
                active_days: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                request_count: number | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsOperations: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                endpoint: string | null;
                /** @description Null: of calls that have none */
                model: string | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
            }[];
        };
        AnalyticsCostPerToken: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                model: string | null;
                /**
                 * @description Of calls that were answered: their cost, divided by their tokens, in and out
                 * @example 0.300000000
                 */
                cost_per_token: string | null;
                /**
                 * @description Of calls that were answered (EUR)
                 * @example 12.035712340
                 */
                avg_cost_per_call: string | null;
                /** @description That were answered */
                call_count: number | null;
            }[];
        };
        AnalyticsAccounts: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                account: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string | null;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string | null;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Thoughts among them */
                output_tokens: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Of these, those without an answer */
                failed_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsTeams: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                team: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string | null;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string | null;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Thoughts among them */
                output_tokens: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Of these, those without an answer */
                failed_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsProjects: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                project: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string | null;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string | null;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Thoughts among them */
                output_tokens: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Of these, those without an answer */
                failed_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsEnvironments: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                environment: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string | null;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string | null;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Thoughts among them */
                output_tokens: number | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Of these, those without an answer */
                failed_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsVendors: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                provider: string | null;
                /** @description Null: of calls that have none */
                model: string | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Thoughts among them */
                output_tokens: number | null;
                /**
                 * @description What a million input tokens came to, cached ones among them
                 * @example 0.300000000
                 */
                input_price: string | null;
                /**
                 * @description What a million output tokens came to
                 * @example 0.300000000
                 */
                output_price: string | null;
                /**
                 * @description USD a million text tokens, fresh, at the standard tier, at the end of the time
                 * @example 0.300000000
                 */
                input_list_price_usd: string | null;
                /**
                 * @description USD a million tokens (of images, where it makes them), at the standard tier, at the end of the time
                 * @example 0.300000000
                 */
                output_list_price_usd: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Of the whole, in percent
                 * @example 41.27
                 */
                share: string | null;
                /**
                 * @description Against as long a time before, in percent; null where nothing was spent then
                 * @example 41.27
                 */
                change: string | null;
            }[];
        };
        AnalyticsLive: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /**
                 * Format: date-time
                 * @description Where it begins
                 */
                hour: string | null;
                /**
                 * @description Of the calls that were reserved in it
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /** @description That have ended */
                call_count: number | null;
                /** @description Of these, those without an answer */
                failed_count: number | null;
            }[];
        };
        AnalyticsLiveModels: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                model: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /**
                 * @description Of a call: the total, divided by the calls
                 * @example 12.035712340
                 */
                avg_cost: string | null;
            }[];
        };
        AnalyticsCache: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                model: string | null;
                /** @description Cached ones among them */
                input_tokens: number | null;
                /** @description Of the input tokens, those that the provider had in its cache */
                cached_tokens: number | null;
                /**
                 * @description Cached tokens, of the input tokens, in percent
                 * @example 41.27
                 */
                hit_rate: string | null;
                /**
                 * @description What the same tokens would have cost fresh, less what they cost; below zero where writing cost more than reading saved (EUR)
                 * @example 12.035712340
                 */
                saved: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
            }[];
        };
        AnalyticsReserved: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                model: string | null;
                /**
                 * @description What was set aside, of calls that had a reservation; null where none had (EUR)
                 * @example 12.035712340
                 */
                reserved: string | null;
                /**
                 * @description What these cost (EUR)
                 * @example 12.035712340
                 */
                actual: string | null;
                /**
                 * @description Actual, of reserved, in percent
                 * @example 41.27
                 */
                used: string | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
            }[];
        };
        AnalyticsLatency: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                name: string | null;
                /** @description That have ended */
                call_count: number | null;
                /** @description The average duration, of calls whose duration is known */
                avg_ms: number | null;
                /** @description Half of them were quicker; to within a fifth */
                p50_ms: number | null;
                /** @description 95 in a hundred were quicker; to within a fifth */
                p95_ms: number | null;
                /**
                 * @description Of a call
                 * @example 12.035712340
                 */
                avg_cost: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
            }[];
        };
        AnalyticsValue: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Null: of calls that have none */
                feature: string | null;
                /**
                 * @description Of all its calls
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /** @description Requests that have ended, failed ones too, and usages that were tracked */
                call_count: number | null;
                /** @description Calls whose quality somebody scored */
                scored_count: number | null;
                /**
                 * @description Their average, from 0 to 1
                 * @example 0.300000000
                 */
                quality: string | null;
                /** @description Calls of which somebody said what they were worth */
                valued_count: number | null;
                /**
                 * @description What these were worth; null where nobody said it (EUR)
                 * @example 12.035712340
                 */
                value: string | null;
                /**
                 * @description What was said to be worth, of the total cost, in percent; null where nobody said it
                 * @example 41.27
                 */
                value_per_cost: string | null;
            }[];
        };
        AnalyticsInfrastructure: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /**
                 * Format: date-time
                 * @description Where the day, week or month begins
                 */
                since: string | null;
                /**
                 * @description Of models (EUR)
                 * @example 12.035712340
                 */
                model_cost: string | null;
                /**
                 * @description Of servers, storage, databases and traffic, as tracked (EUR)
                 * @example 12.035712340
                 */
                infrastructure_cost: string | null;
                /**
                 * @description Of both (EUR)
                 * @example 12.035712340
                 */
                total_cost: string | null;
                /**
                 * @description Infrastructure, of both, in percent
                 * @example 41.27
                 */
                infrastructure_share: string | null;
            }[];
        };
        AnalyticsDuplicatePrompts: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description Names the content: the same model, prompt and parameters */
                prompt: string | null;
                /** @description How often it was answered again, after the first time */
                repeat_count: number | null;
                /**
                 * @description What these cost: a cache of answers would have saved it
                 * @example 12.035712340
                 */
                repeat_cost: string | null;
                /** @description Of the first call with it */
                model: string | null;
                /** @description Of the first call with it */
                feature: string | null;
                /** @description The first call with it */
                example: string | null;
            }[];
        };
        AnalyticsRefusals: {
            /** @example 2026-11-01 */
            from: string;
            /**
             * @description Before it
             * @example 2026-12-01
             */
            to: string;
            time_zone: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description Of all rows, those beyond the limit too
             * @example 390.012345678
             */
            total_cost?: string;
            /** @description How many rows there are, those beyond the limit too */
            row_count: number;
            rows: {
                /** @description That said no */
                budget: string | null;
                /** @description Asks for money that it refused */
                refusal_count: number | null;
                /** @description Accounts that heard it */
                account_count: number | null;
                /**
                 * @description What was asked for, in all (EUR)
                 * @example 12.035712340
                 */
                needed: string | null;
                /**
                 * Format: date-time
                 * @description When it last did
                 */
                last_at: string | null;
            }[];
        };
        ReportSchedule: {
            /** @example rep_3 */
            id: string;
            name: string;
            /** @description Null: of all accounts */
            account: string | null;
            /**
             * @description One of `/v1/analytics`
             * @enum {string}
             */
            question: "total" | "daily" | "users" | "features" | "operations" | "cost-per-token" | "accounts" | "teams" | "projects" | "environments" | "vendors" | "cache" | "reserved" | "latency" | "value" | "infrastructure" | "duplicate-prompts" | "refusals";
            /** @description Of `latency`: model or feature */
            by?: string;
            /** @description Of `infrastructure`: day, week or month */
            unit?: string;
            limit?: number;
            /** @enum {string} */
            currency?: "EUR" | "USD";
            /** @enum {string} */
            every: "day" | "week" | "month";
            hour: number;
            time_zone: string;
            /**
             * Format: date-time
             * @description When it is sent next: about the time that has ended by then
             */
            next_at: string;
            /** Format: date-time */
            ended_at: string | null;
        };
        ReportScheduleList: {
            data: components["schemas"]["ReportSchedule"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        JobSummary: {
            /** @example job_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d */
            id: string;
            /** @enum {string} */
            type: "banner" | "batch";
            /** @description Null: a batch of several accounts, or started by hand, without naming it */
            account: string | null;
            /** @enum {string} */
            state: "running" | "completed" | "failed" | "cancelled" | "terminated" | "timed_out";
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            ended_at: string | null;
            links: {
                /** @example /v1/jobs/job_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d */
                self: string;
                /** @description For people; null where the server does not know the address */
                temporal_ui: string | null;
            };
        };
        BatchLine: {
            /**
             * @description Your name for it, once in the batch
             * @example summary-4711
             */
            call_id: string;
            /**
             * @description Who pays for this line; left out: the `account` of the batch
             * @example acme
             */
            account?: string;
            user?: string;
            team?: string;
            project?: string;
            feature?: string;
            environment?: string;
            labels?: {
                [key: string]: string;
            };
            label?: string;
            provider?: string;
            /**
             * @description Lines of several models go as a batch of each. With `savings` it may be `auto`
             * @example gemini-2.5-flash-lite
             */
            model: string;
            /** @description This, or `messages` */
            prompt?: string;
            /** @description A conversation, in place of a prompt: what the system says first, the user last */
            messages?: {
                /** @enum {string} */
                role: "system" | "user" | "assistant";
                text: string;
            }[];
            max_output_tokens: number;
            /** @description Left out: text */
            image?: {
                aspect_ratio: string;
            };
            /** @description The switches of the line’s feature hold: which model answers, what is not sent of its words */
            savings?: boolean;
            /**
             * @description With `savings`: how hard the task is; else it is judged
             * @enum {string}
             */
            complexity?: "simple" | "standard" | "hard";
            /** @description With `savings`: what the model must be able to do */
            needs?: ("text" | "image" | "audio" | "image_input" | "audio_input" | "video_input" | "search" | "thinking" | "tools" | "json")[];
        };
        JobList: {
            data: components["schemas"]["JobSummary"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Job: {
            /** @example job_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d */
            id: string;
            /** @enum {string} */
            type: "banner" | "batch";
            /** @description Null: a batch of several accounts, or started by hand, without naming it */
            account: string | null;
            /** @enum {string} */
            state: "running" | "completed" | "failed" | "cancelled" | "terminated" | "timed_out";
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            ended_at: string | null;
            links: {
                /** @example /v1/jobs/job_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d */
                self: string;
                /** @description For people; null where the server does not know the address */
                temporal_ui: string | null;
            };
            /** @description Of a banner: where each variant stands, with its money; null when no worker says it now */
            progress: components["schemas"]["JobProgress"][] | null;
            /** @description While it runs, for people */
            waiting_for: string | null;
            result: components["schemas"]["BannerResult"];
            /** @description Of a batch that is completed: what became of each line, in their order */
            outcomes: components["schemas"]["LineOutcome"][] | null;
            /** @description When it ended in any other way */
            error: {
                /** @description Stable: `budget_exceeded`, `cancelled`, `in_doubt`, … */
                code: string;
                message: string;
                /** @description Of `budget_exceeded` */
                refusal: components["schemas"]["Refusal"] | null;
            } | null;
        };
        JobProgress: {
            variant: number;
            model: string;
            /**
             * @description For people
             * @example calling the model
             */
            step: string;
            reserved: components["schemas"]["Money"] | null;
            /** @description Null until it is booked */
            cost: components["schemas"]["Money"] | null;
            given_back: components["schemas"]["Money"] | null;
            /** @description What the tightest budget had left then; null to a key that is bound to an account, whose budgets may not be the tightest */
            budget_left: components["schemas"]["Money"] | null;
        };
        /** @description Of a banner that is completed */
        BannerResult: {
            banners: {
                variant: number;
                picture: components["schemas"]["Picture"];
                reserved: components["schemas"]["Money"];
                cost: components["schemas"]["Money"];
                usage: {
                    unit: string;
                    quantity: string;
                }[];
                /** @description To the provider */
                requests: number;
                flags: string[];
            }[];
            refused: {
                variant: number;
                message: string;
                refusal: components["schemas"]["Refusal"];
            }[];
            failed: {
                variant: number;
                code: string;
                message: string;
                cost: components["schemas"]["Money"] | null;
            }[];
            cost: components["schemas"]["Money"] & unknown;
            /** @description What the tightest budget had left then; null to a key that is bound to an account, whose budgets may not be the tightest */
            budget_left: components["schemas"]["Money"] | null;
        } | null;
        Picture: {
            /** @description Where the blob store keeps it */
            ref: string;
            sha256: string;
            bytes: number;
            mime_type: string;
            width: number;
            height: number;
        };
        Refusal: {
            budget: {
                id: string;
                name: string;
                period: string;
            } | null;
            needed: components["schemas"]["Money"];
            cap?: components["schemas"]["Money"];
            spent?: components["schemas"]["Money"];
            reserved?: components["schemas"]["Money"];
            remaining?: components["schemas"]["Money"];
            /**
             * Format: date-time
             * @description The earliest moment at which money comes back; null: never by itself
             */
            resets_at: string | null;
            what_would_work: ({
                /** @enum {string} */
                kind: "wait";
                /** Format: date-time */
                until: string;
            } | {
                /** @enum {string} */
                kind: "top_up";
                by: components["schemas"]["Money"];
            } | {
                /** @enum {string} */
                kind: "fit";
                max_output_tokens: number;
            })[];
        };
        LineOutcome: {
            call_id: string;
            /**
             * @description `answered`: booked at its cost. `refused`: a budget cannot pay. `rejected`: it was not answered, and not billed. `in_doubt`: it may have been billed, its money is held. `lapsed`, `too_late`, `closed`: it was not sent. `stopped`: nothing of its scope may start
             * @enum {string}
             */
            kind: "answered" | "refused" | "rejected" | "in_doubt" | "lapsed" | "too_late" | "closed" | "stopped";
            /** @description Null where the answer is no text, or where all texts together are longer than a million bytes: it is in the blob */
            text: string | null;
            /** @description Where the blob store keeps the answer */
            blob: {
                ref: string;
                sha256: string;
                bytes: number;
                mime_type: string;
            } | null;
            /** @example rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e */
            reservation: string | null;
            reserved: components["schemas"]["Money"] | null;
            cost: components["schemas"]["Money"] | null;
            usage: {
                unit: string;
                quantity: string;
            }[];
            flags: string[];
            /** @description Why there is no answer */
            message: string | null;
            /** @description The model that was chosen, why, and how much of its words was not sent (tokens are estimated). Null: it was sent as it is */
            savings: {
                model: string;
                code: string;
                reason: string;
                compressed: {
                    rule: string;
                    characters: number;
                    tokens: number;
                }[];
            } | null;
            refusal: components["schemas"]["Refusal"] | null;
        };
        Budget: {
            /** @example bdg_12 */
            id: string;
            /**
             * @description The same as `id`
             * @example bdg_12
             */
            budget_id: string;
            name: string;
            scope: components["schemas"]["Scope"];
            /**
             * @description `hard` refuses what it cannot pay for; `soft` only tells
             * @enum {string}
             */
            kind: "hard" | "soft";
            /** @enum {string} */
            period: "day" | "month" | "total";
            /**
             * @description Where its days and months begin
             * @example Europe/Berlin
             */
            time_zone: string;
            /** @description Percents of its amount that are told of, each once a period */
            thresholds: number[];
            /** @description Of an account’s own budget: the plan that says its amount */
            plan: string | null;
            /** Format: date-time */
            starts_at: string | null;
            /** Format: date-time */
            ends_at: string | null;
            /** Format: date-time */
            archived_at: string | null;
            /**
             * @description It covers calls only while it is `current`
             * @enum {string}
             */
            phase: "not_begun" | "current" | "ended" | "archived";
            /** @example 2026-11 */
            current_period: string;
            /**
             * Format: date-time
             * @description When the whole amount is there again; null: never
             */
            resets_at: string | null;
            budget_amount: components["schemas"]["Money"] & unknown;
            current_spending: components["schemas"]["Money"];
            reserved: components["schemas"]["Money"] & unknown;
            remaining: components["schemas"]["Money"] & unknown;
            /**
             * @description Of its amount, spent: a decimal with two digits
             * @example 12.50
             */
            percentage_used: string;
            /** @enum {string} */
            status: "within_budget" | "exceeded";
            /** @description Of its amount, what is taken back before its period ends */
            raises: {
                amount: components["schemas"]["Money"];
                /** Format: date-time */
                until: string;
                reason: string;
            }[];
            /** @description One more with each change of its terms; its ETag is made of it */
            revision: number;
        };
        Scope: {
            account?: string;
            user?: string;
            team?: string;
            project?: string;
            feature?: string;
            environment?: string;
            provider?: string;
            model?: string;
            endpoint?: string;
            labels?: {
                [key: string]: string;
            };
        };
        BudgetList: {
            data: components["schemas"]["Budget"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        BudgetForecast: {
            /** @example bdg_12 */
            budget_id: string;
            name: string;
            /** @enum {string} */
            kind: "hard" | "soft";
            /** @example 2026-11 */
            period: string;
            /** @example Europe/Berlin */
            time_zone: string;
            /** Format: date-time */
            period_ends_at: string | null;
            /** Format: date-time */
            as_of: string;
            budget_amount: components["schemas"]["Money"];
            current_spending: components["schemas"]["Money"];
            reserved: components["schemas"]["Money"];
            /**
             * @description `not_enough_data`: its scope has spent for less than a week, and what is expected is null
             * @enum {string}
             */
            status: "forecast" | "not_enough_data";
            /** @description When the period ends; null also if that is later than in a year, or never */
            expected_spending: components["schemas"]["Money"] | null;
            /** @description Four of five periods end between this and `expected_high` */
            expected_low: components["schemas"]["Money"] | null;
            expected_high: components["schemas"]["Money"] | null;
            /** @description How likely the amount will be passed, in percent */
            percent_over_budget: number | null;
            /** @description On a mean day to come */
            expected_per_day: components["schemas"]["Money"] | null;
            /**
             * Format: date-time
             * @description When the amount will be spent, as expected; null: not before the period ends (or within a year)
             */
            exhausted_at: string | null;
            /**
             * Format: date
             * @description The same as a day in its time zone
             */
            exhausted_on: string | null;
        };
        ToppedUpBudget: components["schemas"]["Budget"] & {
            change: {
                /** @description It was made and taken back: nothing is changed */
                dry_run: boolean;
                changed: boolean;
                before: components["schemas"]["BudgetFigures"];
            };
        };
        BudgetFigures: {
            budget_amount: components["schemas"]["Money"];
            current_spending: components["schemas"]["Money"];
            reserved: components["schemas"]["Money"];
            remaining: components["schemas"]["Money"];
        };
        WaiterList: {
            data: components["schemas"]["Waiter"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Waiter: {
            job_id: string;
            /** @example banner-1 */
            call_id: string;
            account: string;
            /** @description The one that could not pay when it asked last */
            budget: {
                /** @example bdg_7 */
                id: string;
                name: string;
            };
            needed: components["schemas"]["Money"];
            /** Format: date-time */
            since: string;
            /**
             * Format: date-time
             * @description When it was told to ask again; null: not yet
             */
            woken_at: string | null;
        };
        RateLimitList: {
            data: components["schemas"]["RateLimit"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        RateLimit: {
            name: string;
            scope: components["schemas"]["Scope"];
            /**
             * @description Each value of it has the limit to itself; null: they share it
             * @enum {string|null}
             */
            per: "account" | "user" | "team" | "project" | "feature" | "environment" | "provider" | "model" | null;
            requests_per_minute: number | null;
            /** @description Input tokens, and the output limit of each request */
            tokens_per_minute: number | null;
            /** @description Of what each hard budget of a call had left when its day began, so much in the day */
            pace_percent: number | null;
            reason: string;
            /** Format: date-time */
            set_at: string;
        };
        Account: {
            /** @example acme */
            id: string;
            /** @description The one that it has now */
            plan: string;
            /**
             * @description Where its months begin
             * @example Europe/Berlin
             */
            time_zone: string;
            /** @enum {string} */
            status: "active" | "suspended" | "cancelled" | "archived";
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description From when on its calls are refused for good; null: it was not cancelled
             */
            cancels_at: string | null;
            /** @description The plan that its next month begins with, where it is another one */
            next_plan: {
                plan: string;
                /** Format: date-time */
                from: string;
                reason: string;
            } | null;
            /** @description Those that name it, with its plan’s */
            budgets: components["schemas"]["Budget"][];
        };
        AccountList: {
            data: components["schemas"]["Account"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        StatementList: {
            data: components["schemas"]["Statement"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Statement: {
            account: string;
            /** @example 2026-11 */
            month: string;
            /**
             * @description `sealed`: it never changes; what becomes known later is a correction on the next one
             * @enum {string}
             */
            state: "provisional" | "sealed";
            time_zone: string;
            /** Format: date-time */
            starts_at: string;
            /** Format: date-time */
            ends_at: string;
            plan: string;
            /** @description What the plan allowed when the month began */
            allowance: components["schemas"]["Money"] | null;
            cap_changes: components["schemas"]["Money"] & unknown;
            /** @description With what was booked without a call, such as an opening amount */
            counted_by_plan_budget: components["schemas"]["Money"] | null;
            call_count: number;
            /** @description Of these, those without an answer */
            failed_count: number;
            spent: components["schemas"]["Money"] & unknown;
            corrections: components["schemas"]["Money"] & unknown;
            correction_count: number;
            total: components["schemas"]["Money"] & unknown;
            presumed: components["schemas"]["Money"] & unknown;
            saved_by_caches: components["schemas"]["Money"];
            still_reserved: components["schemas"]["Money"];
            over_cap: components["schemas"]["Money"];
            refusal_count: number;
            /** @description The account’s budgets beside its plan’s */
            budgets: {
                name: string;
                period: string;
                cap: components["schemas"]["Money"];
                spent: components["schemas"]["Money"];
                reserved: components["schemas"]["Money"];
                over_cap: components["schemas"]["Money"];
            }[];
            /** @description SHA-256, hexadecimal */
            previous_hash: string | null;
            /** @description SHA-256, hexadecimal */
            hash: string | null;
            /** Format: date-time */
            sealed_at: string | null;
        };
        WholeStatement: components["schemas"]["Statement"] & {
            /** @description The dearest first, 1000 at most, as of models and users */
            features: {
                name: string | null;
                call_count: number;
                spent: components["schemas"]["Money"];
            }[];
            models: {
                name: string | null;
                call_count: number;
                spent: components["schemas"]["Money"];
            }[];
            users: {
                name: string | null;
                call_count: number;
                spent: components["schemas"]["Money"];
            }[];
            correction_lines: {
                /** @description The attempt, or what was tracked */
                call: string;
                /**
                 * @description Of the statement that it corrects
                 * @example 2026-11
                 */
                month: string;
                /** Format: date-time */
                reserved_at: string;
                change: components["schemas"]["Money"];
                /** Format: date-time */
                known_at: string;
            }[];
        };
        ChangedAccount: components["schemas"]["Account"] & {
            change: components["schemas"]["AccountChange"];
        };
        AccountChange: {
            /** @description It was made and taken back: nothing is changed */
            dry_run: boolean;
            /** @description False: it was so already */
            changed: boolean;
            /** @description Those that name the account, in their periods of now; its plan’s in the next month too, if that becomes another */
            budgets: {
                /** @example bdg_12 */
                id: string;
                name: string;
                /** @enum {string} */
                kind: "hard" | "soft";
                /** @example 2026-11 */
                period: string;
                before: components["schemas"]["BudgetFigures"];
                after: components["schemas"]["BudgetFigures"];
            }[];
            refused: {
                /**
                 * Format: date-time
                 * @description From then on every call; null: none for this alone
                 */
                everything_from: string | null;
                /** @description Now, calls whose bound is above this; null: no hard budget names the account */
                above: components["schemas"]["Money"] | null;
                /** @description What is reserved and, with this, not sent any more */
                waiting: {
                    attempts: number;
                    amount: components["schemas"]["Money"];
                };
            };
        };
        AccountPlanList: {
            data: components["schemas"]["AccountPlan"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        AccountPlan: {
            account: string;
            plan: string;
            /** Format: date-time */
            from: string;
            /**
             * Format: date-time
             * @description Null: nothing ends it
             */
            until: string | null;
            /**
             * @description `taken_back`: decided otherwise before it began
             * @enum {string}
             */
            state: "past" | "in_force" | "later" | "taken_back";
            /** Format: date-time */
            decided_at: string;
            reason: string;
            /** @description What its month’s amount gained; null: it began with a month */
            amount_change: components["schemas"]["Money"] | null;
        };
        Review: {
            /** @example 2026-10 */
            month: string;
            time_zone: string;
            /** @description Null: all */
            account: string | null;
            /** @enum {string} */
            state: "over" | "running";
            /** @example 2025-11 */
            baseline: string | null;
            totals: {
                cost: components["schemas"]["Money"];
                infrastructure_cost: components["schemas"]["Money"] & unknown;
                call_count: number;
                failed_count: number;
            };
            baseline_totals: {
                cost: components["schemas"]["Money"];
                infrastructure_cost: components["schemas"]["Money"] & unknown;
                call_count: number;
                failed_count: number;
            };
            /** @description Of either month, the dearest first. `by_volume + by_mix + by_size + by_price = difference` */
            features: {
                /** @description Null: of calls that have none */
                feature: string | null;
                call_count: number;
                baseline_call_count: number;
                cost: components["schemas"]["Money"];
                /**
                 * @description In percent, with two digits; null of nothing
                 * @example 48.18
                 */
                share: string | null;
                baseline_cost: components["schemas"]["Money"];
                difference: components["schemas"]["Money"];
                by_volume: components["schemas"]["Money"] & unknown;
                by_mix: components["schemas"]["Money"] & unknown;
                by_size: components["schemas"]["Money"] & unknown;
                by_price: components["schemas"]["Money"] & unknown;
                /** @description It moved by a quarter, and by a hundredth of the dearer month */
                is_anomaly: boolean;
            }[];
            budget_count: number;
            /** @description Beside the plans’, 100 at most: what is over comes first */
            budgets: {
                name: string;
                /** @enum {string} */
                kind: "hard" | "soft";
                /** @enum {string} */
                period: "day" | "month" | "total";
                period_count: number;
                periods_over: number;
                cap: components["schemas"]["Money"];
                spent: components["schemas"]["Money"];
                /**
                 * @description In percent, with two digits; null of nothing
                 * @example 48.18
                 */
                used: string | null;
                over: components["schemas"]["Money"] & unknown;
            }[];
            plans: {
                plan: string;
                account_count: number;
                accounts_over: number;
                allowance: components["schemas"]["Money"];
                spent: components["schemas"]["Money"];
                unused: components["schemas"]["Money"];
            }[];
            /** @description The 20 accounts that left most */
            unused_allowances: {
                account: string;
                plan: string;
                allowance: components["schemas"]["Money"];
                spent: components["schemas"]["Money"];
                unused: components["schemas"]["Money"];
            }[];
            /** @description Features of which somebody said a value or a score */
            values: {
                /** @description Null: of calls that have none */
                feature: string | null;
                cost: components["schemas"]["Money"];
                call_count: number;
                valued_count: number;
                /** @description Of the calls of which somebody said it */
                value: components["schemas"]["Money"] | null;
                /** @description Of all its calls, if the others are worth as much */
                worth: components["schemas"]["Money"] | null;
                excess: components["schemas"]["Money"] & unknown;
                /**
                 * @description Average, from 0 to 1
                 * @example 0.950
                 */
                quality: string | null;
                average_ms: number | null;
                /** @description Its score is a tenth below the average, and a call dearer than the average */
                is_dear_for_quality: boolean;
            }[];
            /** @description The 50 largest savings. Whether the model is good enough, its price does not say */
            cheaper_models: {
                /** @description Null: of calls that have none */
                feature: string | null;
                provider: string;
                model: string;
                cheaper_model: string;
                call_count: number;
                cost: components["schemas"]["Money"] & unknown;
                cost_then: components["schemas"]["Money"];
                saving: components["schemas"]["Money"];
                /** @description Of this feature, in the month */
                calls_of_cheaper_here: number;
                calls_of_cheaper_anywhere: number;
                /**
                 * @description Average, from 0 to 1
                 * @example 0.950
                 */
                quality: string | null;
                /**
                 * @description Average, from 0 to 1
                 * @example 0.950
                 */
                quality_of_cheaper: string | null;
            }[];
            cache: {
                /**
                 * @description In percent, with two digits; null of nothing
                 * @example 48.18
                 */
                hit_rate: string | null;
                /**
                 * @description In percent, with two digits; null of nothing
                 * @example 48.18
                 */
                baseline_hit_rate: string | null;
                saved: components["schemas"]["Money"];
                could_save: components["schemas"]["Money"] & unknown;
                best_feature: string | null;
                features: {
                    /** @description Null: of calls that have none */
                    feature: string | null;
                    input_tokens: number;
                    cached_tokens: number;
                    /**
                     * @description In percent, with two digits; null of nothing
                     * @example 48.18
                     */
                    hit_rate: string | null;
                    saved: components["schemas"]["Money"];
                    could_save: components["schemas"]["Money"];
                }[];
            };
            /** @description What strategies that are switched on have saved, the largest first */
            savings: {
                strategy: string;
                /** @description Null: of calls that have none */
                feature: string | null;
                call_count: number;
                saved: components["schemas"]["Money"];
                tokens_not_sent: number;
                /**
                 * @description `none`: it was on, and saved nothing
                 * @enum {string}
                 */
                effect: "saved" | "none";
                seen_count: number;
                /** @description Of the cache, in percent */
                hit_rate: string | null;
                /**
                 * @description Average, from 0 to 1
                 * @example 0.950
                 */
                quality_with: string | null;
                /**
                 * @description Average, from 0 to 1
                 * @example 0.950
                 */
                quality_without: string | null;
            }[];
            infrastructure: {
                /** @description Null: of calls that have none */
                feature: string | null;
                provider: string | null;
                name: string | null;
                cost: components["schemas"]["Money"];
                baseline_cost: components["schemas"]["Money"];
                /** @description Of the same feature; none: it stands idle, as far as can be seen */
                model_call_count: number;
            }[];
            /** @description The largest saving first. Two may save the same money */
            recommendations: {
                /** @enum {string} */
                kind: "cheaper_model" | "cache" | "value" | "quality" | "budget_over" | "no_budget" | "idle" | "unused_allowance";
                what: string;
                /** @description In this month; null: it saves nothing by itself */
                saving: components["schemas"]["Money"] | null;
                /** @description The command, or the setting of the app */
                how: string;
            }[];
        };
        ReviewBaseline: {
            /**
             * @description Null: the first month with calls
             * @example 2025-11
             */
            month: string | null;
        };
        PlanList: {
            data: components["schemas"]["Plan"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Plan: {
            /**
             * @description Its name
             * @example paid
             */
            id: string;
            /** @description The hundred newest, the oldest first */
            versions: {
                /**
                 * @description A day, which begins where each budget lives, or a moment
                 * @example 2026-12-01
                 */
                from: string;
                monthly_amount: components["schemas"]["Money"];
                /**
                 * @description Who bears what was sent and never answered: the account’s budgets, or the house’s
                 * @enum {string}
                 */
                presumed_costs: "account" | "house";
                reason: string;
                /** @enum {string} */
                state: "past" | "in_force" | "later";
            }[];
        };
        Savings: {
            /** Format: date */
            from: string;
            /** Format: date */
            to: string;
            /** @description Calls on which it saved; one on which two strategies saved counts for each */
            call_count: number;
            saved: components["schemas"]["Money"] & unknown;
            /** @description Input tokens, estimated */
            tokens_not_sent: number;
            /** @description Calls that it looked at, of months that are kept; one that two strategies saw counts for each */
            seen_count: number;
            /** @description Of the cache: answers that were there */
            hit_count: number;
            /** @description Of the cache: answers that were not */
            miss_count: number;
            /**
             * @description Hits of hits and misses, in percent; null: nobody asked the cache
             * @example 48.18
             */
            hit_rate: string | null;
            savings: {
                strategy: string | null;
                /** @description `*`: it is on for every feature, and saw no call of any */
                feature: string | null;
                /**
                 * @description `none`: it was on, and saved nothing
                 * @enum {string}
                 */
                effect: "saved" | "none";
                /** @description Calls on which it saved; one on which two strategies saved counts for each */
                call_count: number;
                saved: components["schemas"]["Money"] & unknown;
                /** @description Input tokens, estimated */
                tokens_not_sent: number;
                /** @description Calls that it looked at, of months that are kept; one that two strategies saw counts for each */
                seen_count: number;
                /** @description Of the cache: answers that were there */
                hit_count: number;
                /** @description Of the cache: answers that were not */
                miss_count: number;
                /**
                 * @description Hits of hits and misses, in percent; null: nobody asked the cache
                 * @example 48.18
                 */
                hit_rate: string | null;
                scored_with: number;
                /**
                 * @description Average, from 0 to 1; null: nobody scored any
                 * @example 0.950
                 */
                quality_with: string | null;
                /** @description Scored calls of the same feature on which it saved nothing */
                scored_without: number;
                /**
                 * @description Average, from 0 to 1; null: nobody scored any
                 * @example 0.950
                 */
                quality_without: string | null;
            }[];
        };
        SavingSwitchList: {
            data: components["schemas"]["SavingSwitch"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        SavingSwitch: {
            /**
             * @description `*`: every feature, where its own says nothing
             * @example chat
             */
            feature: string;
            version: string;
            /** @description How its models are chosen. `false`: off; null: nothing is said */
            route: {
                [key: string]: unknown;
            } | false | null;
            /** @description What is taken out of its prompts. `false`: off; null: nothing is said */
            compress: {
                [key: string]: unknown;
            } | false | null;
            /** @description How its answers are kept. `false`: off; null: nothing is said */
            cache: {
                [key: string]: unknown;
            } | false | null;
            /** Format: date-time */
            at: string;
            who: string;
            why: string;
        };
        SavingSwitchHistory: components["schemas"]["SavingSwitch"] & {
            versions: components["schemas"]["SavingSwitch"][];
        };
        Cache: {
            /** @description Null: of all */
            account: string | null;
            /** Format: date-time */
            since: string;
            /** @description Answers that are kept now */
            entry_count: number;
            /**
             * @description Of those, with what the blob store keeps of them
             * @example 18213
             */
            bytes: string;
            hit_count: number;
            miss_count: number;
            /**
             * @description In percent, with two digits; null while nothing was asked
             * @example 48.18
             */
            hit_rate: string | null;
            saved: components["schemas"]["Money"] & unknown;
            /** @description What saved most comes first */
            features: {
                /** @description Null: of calls that have none */
                feature: string | null;
                /** @description Answers that are kept now */
                entry_count: number;
                /**
                 * @description Of those, with what the blob store keeps of them
                 * @example 18213
                 */
                bytes: string;
                hit_count: number;
                miss_count: number;
                /**
                 * @description In percent, with two digits; null while nothing was asked
                 * @example 48.18
                 */
                hit_rate: string | null;
                saved: components["schemas"]["Money"] & unknown;
            }[];
        };
        ClearedCache: {
            removed_count: number;
            bytes: string;
        };
        Stop: {
            /** @example stp_3 */
            id: string;
            scope: components["schemas"]["Scope"];
            reason: string;
            /** Format: date-time */
            since: string;
            /**
             * Format: date-time
             * @description Null while it is in force
             */
            resumed_at: string | null;
            resumed_reason: string | null;
        };
        StopList: {
            data: components["schemas"]["Stop"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        AlertList: {
            data: components["schemas"]["Alert"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Alert: {
            /** @example alr_7 */
            id: string;
            /** @example hourly_spend */
            rule: string;
            /**
             * @description Of its rule
             * @example hourly_spend
             */
            kind: string;
            /** @enum {string} */
            action: "warn" | "alert" | "flag" | "investigate" | "stop";
            /**
             * @description `acknowledged`: somebody has it in hand, and it says no more until it is over
             * @enum {string}
             */
            state: "open" | "acknowledged" | "resolved";
            scope: components["schemas"]["Scope"];
            account: string | null;
            /** @description For people: what, how much against what, since when; and what to do */
            text: string;
            /** @description By what it was found; amounts are decimals of EUR under a name that ends in `_eur`. Of `investigate`, also who moved it: `movers`, by model, feature and user */
            evidence: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            opened_at: string;
            /**
             * Format: date-time
             * @description When it last happened
             */
            last_at: string;
            /** @description How often so far */
            times: number;
            /**
             * @description The stop that it made, which stands until a person lifts it
             * @example stp_3
             */
            stop_id: string | null;
            budget: {
                id: string;
                name: string;
                period: string;
            } | null;
            /** Format: date-time */
            acknowledged_at: string | null;
            acknowledged_by: string | null;
            acknowledged_why: string | null;
            /** Format: date-time */
            resolved_at: string | null;
            /** @description `auto`: by itself */
            resolved_by: string | null;
            resolved_why: string | null;
        };
        AlertRuleList: {
            data: components["schemas"]["AlertRule"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        AlertRule: {
            /** @example hourly_spend */
            name: string;
            /** @enum {string} */
            kind: "budget_threshold" | "budget_overrun" | "budget_refused" | "budget_forecast" | "hourly_spend" | "daily_spend" | "single_request" | "spend_rate" | "spend_trend" | "in_doubt" | "unpriced" | "rate_stale" | "bound_violated" | "model_stopped";
            scope: components["schemas"]["Scope"] & unknown;
            /** @description Too much, of `hourly_spend`, `daily_spend` and `single_request`; the least excess, of `spend_rate`; the least growth of a day, of `spend_trend` */
            amount: components["schemas"]["Money"] | null;
            /**
             * @description Of `spend_rate`: times what is normal
             * @example 2.00
             */
            factor: string | null;
            /** @description Of `budget_threshold`: from which on it tells; of `spend_trend`: growth in four weeks */
            percent: number | null;
            /** @description Of `in_doubt` */
            age_seconds: number | null;
            /** @enum {string} */
            action: "warn" | "alert" | "flag" | "investigate" | "stop";
            /** @description So long after an alert has ended, none of the same */
            cooldown_seconds: number;
            enabled: boolean;
        };
        DestinationWithSecret: components["schemas"]["Destination"] & {
            /**
             * @description What signs its webhooks, shown in this answer only (and its repeats, while it is the newest); null for other kinds
             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
             */
            secret: string | null;
        };
        Destination: {
            /** @example dst_3 */
            id: string;
            name: string;
            /** @enum {string} */
            kind: "webhook" | "slack" | "email" | "log";
            /** @description Without what opens it: a query, or the path of a Slack address */
            target: string;
            /**
             * @example [
             *       "budget.*",
             *       "alert.opened"
             *     ]
             */
            types: string[];
            /** @description Whose notices it gets; null: those of all accounts, and of none */
            account: string | null;
            /** @description Counts the secrets that it has had; null: nothing that goes there is signed */
            secret_version: number | null;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description Null while it gets notices
             */
            disabled_at: string | null;
            disabled_reason: string | null;
        };
        DestinationList: {
            data: components["schemas"]["Destination"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Delivery: {
            /** @example dlv_12 */
            id: string;
            /**
             * @description What `webhook-id` says
             * @example msg_019ad0c27a2e7c4e8a430c1f5f0f9a11
             */
            notice_id: string;
            /** @example budget.threshold */
            type: string;
            text: string;
            /** Format: date-time */
            told_at: string;
            /** @example dst_3 */
            destination: string;
            destination_name: string;
            /** @enum {string} */
            kind: "webhook" | "slack" | "email" | "log";
            /** @description The destination’s */
            account: string | null;
            /**
             * @description `pending`: still tried; `dead`: tried no more, and may be sent again
             * @enum {string}
             */
            state: "pending" | "delivered" | "dead";
            /** @description Since it was sent, or sent again */
            attempts: number;
            resends: number;
            /** Format: date-time */
            last_attempt_at: string | null;
            last_status: number | null;
            last_error: string | null;
            /** Format: date-time */
            next_attempt_at: string | null;
            /** Format: date-time */
            delivered_at: string | null;
            /** Format: date-time */
            dead_at: string | null;
            dead_reason: string | null;
        };
        DeliveryList: {
            data: components["schemas"]["Delivery"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        DoubtfulAttemptList: {
            data: components["schemas"]["DoubtfulAttempt"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        DoubtfulAttempt: {
            /** @example rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e */
            id: string;
            /** @example call_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e */
            call: string;
            account: string;
            model: string;
            workflow_id: string;
            call_id: string;
            amount: components["schemas"]["Money"] & unknown;
            /** Format: date-time */
            sent_at: string;
            /**
             * Format: date-time
             * @description From then on no answer can come, so that it cost nothing may be said
             */
            presumed_at: string;
            why: string | null;
            /** @enum {string} */
            state: "in_doubt" | "presumed";
        };
        Attempt: {
            /** @example rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e */
            id: string;
            /** @example call_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e */
            call: string;
            account: string;
            model: string;
            workflow_id: string;
            call_id: string;
            amount: components["schemas"]["Money"] & unknown;
            /** Format: date-time */
            sent_at: string;
            /**
             * Format: date-time
             * @description From then on no answer can come, so that it cost nothing may be said
             */
            presumed_at: string;
            why: string | null;
            /** @enum {string} */
            state: "dispatched" | "settled" | "rejected" | "in_doubt" | "presumed" | "reserved" | "released";
            /** @description Null while nobody knows it */
            cost: components["schemas"]["Money"] | null;
            /** @description Who named its cost: bill, answer, person or presumption; a higher one stands */
            source: string | null;
        };
        Audit: {
            /** @description How many invariants were checked */
            checks: number;
            violations: {
                invariant: string;
                where: string;
                found: string;
            }[];
            /** @description Money that is set aside for attempts whose outcome nobody knows: no violation */
            held: {
                attempts: number;
                amount: components["schemas"]["Money"];
            };
        };
        BillWithLines: {
            /** @example bill_7 */
            id: string;
            provider: string;
            /** @enum {string} */
            format: "purser" | "google" | "openai" | "anthropic" | "csv";
            name: string;
            sha256: string;
            currency: string;
            /** @description In which its days are days */
            time_zone: string;
            /** @example 2026-11-01 */
            from_day: string;
            /** @example 2026-11-30 */
            to_day: string;
            lines: number;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            cost_usd: string;
            /**
             * @description Null: its file says no euros
             * @example 0.000366850
             */
            cost_eur: string | null;
            /**
             * @description `importing`, `approving`: broken off; the same again goes on. `discarded`: it has no lines any more
             * @enum {string}
             */
            state: "importing" | "imported" | "approving" | "approved" | "discarded";
            imported_by: string;
            /** Format: date-time */
            imported_at: string;
            approved_by: string | null;
            /** Format: date-time */
            approved_at: string | null;
            /** @description Of who approved or discarded it */
            reason: string | null;
            /** @description Lines that this file named first */
            stored: number;
            /** @description Of them: those that have found their attempt */
            attributed: number;
            attempts: number;
            booked: number;
        };
        BillList: {
            data: components["schemas"]["Bill"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Bill: {
            /** @example bill_7 */
            id: string;
            provider: string;
            /** @enum {string} */
            format: "purser" | "google" | "openai" | "anthropic" | "csv";
            name: string;
            sha256: string;
            currency: string;
            /** @description In which its days are days */
            time_zone: string;
            /** @example 2026-11-01 */
            from_day: string;
            /** @example 2026-11-30 */
            to_day: string;
            lines: number;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            cost_usd: string;
            /**
             * @description Null: its file says no euros
             * @example 0.000366850
             */
            cost_eur: string | null;
            /**
             * @description `importing`, `approving`: broken off; the same again goes on. `discarded`: it has no lines any more
             * @enum {string}
             */
            state: "importing" | "imported" | "approving" | "approved" | "discarded";
            imported_by: string;
            /** Format: date-time */
            imported_at: string;
            approved_by: string | null;
            /** Format: date-time */
            approved_at: string | null;
            /** @description Of who approved or discarded it */
            reason: string | null;
        };
        BillDriftList: {
            data: components["schemas"]["BillDrift"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        BillDrift: {
            day: string;
            model: string;
            tier: string;
            /** @description Null: a cost without lines, such as a presumed one */
            unit: string | null;
            ledger_quantity: string;
            /** @description Null: the bill does not say it */
            bill_quantity: string | null;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            ledger_usd: string;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            bill_usd: string;
            /**
             * @description EUR, all nine digits after the point
             * @example 0.000366850
             */
            ledger_eur: string;
            /**
             * @description EUR, all nine digits after the point
             * @example 0.000366850
             */
            bill_eur: string | null;
            differs: ("missing_in_ledger" | "missing_on_bill" | "presumed" | "quantity" | "price" | "fx")[];
            missing_requests: number;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            missing_in_ledger_usd: string;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            missing_on_bill_usd: string;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            presumed_usd: string;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            quantity_usd: string;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            price_usd: string;
            /**
             * @description EUR, all nine digits after the point
             * @example 0.000366850
             */
            fx_eur: string;
            /**
             * @description EUR, all nine digits after the point
             * @example 0.000366850
             */
            on_the_house_eur: string;
            is_booked: boolean;
        };
        ApprovedBill: {
            /** @example bill_7 */
            id: string;
            provider: string;
            /** @enum {string} */
            format: "purser" | "google" | "openai" | "anthropic" | "csv";
            name: string;
            sha256: string;
            currency: string;
            /** @description In which its days are days */
            time_zone: string;
            /** @example 2026-11-01 */
            from_day: string;
            /** @example 2026-11-30 */
            to_day: string;
            lines: number;
            /**
             * @description USD, all twelve digits after the point
             * @example 0.000412500000
             */
            cost_usd: string;
            /**
             * @description Null: its file says no euros
             * @example 0.000366850
             */
            cost_eur: string | null;
            /**
             * @description `importing`, `approving`: broken off; the same again goes on. `discarded`: it has no lines any more
             * @enum {string}
             */
            state: "importing" | "imported" | "approving" | "approved" | "discarded";
            imported_by: string;
            /** Format: date-time */
            imported_at: string;
            approved_by: string | null;
            /** Format: date-time */
            approved_at: string | null;
            /** @description Of who approved or discarded it */
            reason: string | null;
            /** @description Lines that this file named first */
            stored: number;
            /** @description Of them: those that have found their attempt */
            attributed: number;
            attempts: number;
            booked: number;
            /** @description By this request */
            lines_booked: number;
            attempts_corrected: number;
            /** @description Entries: what belongs to no attempt, and differences of the euro */
            on_the_house: number;
        };
        PriceList: {
            data: components["schemas"]["Price"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Price: {
            /** @example prc_12 */
            id: string;
            provider: string;
            model: string;
            /** @example input_text_tokens */
            unit: string;
            tier: string;
            /**
             * @description Holds for the whole request when its prompt has more tokens than this
             * @example 0
             */
            above_tokens: string;
            /**
             * @description What `per` units cost, exactly
             * @example 0.000000100000
             */
            usd: string;
            /**
             * @description How many units `usd` pays for; of hours and gigabytes, millionths
             * @example 1
             */
            per: string;
            /** Format: date-time */
            effective_from: string;
            /** Format: date-time */
            effective_until: string | null;
            source: string;
            source_date: string;
        };
        RateList: {
            data: components["schemas"]["Rate"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Rate: {
            /** @example rate_7 */
            id: string;
            /** @example 2026-11-03 */
            day: string;
            /** @example 1.1172 */
            usd_per_eur: string;
            source: string;
            fetched_on: string;
            /** @description What a person said with it; null when it was read from its source */
            why: string | null;
        };
        ModelList: {
            data: components["schemas"]["Model"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Model: {
            provider: string;
            model: string;
            /** @description In which it has a price */
            tiers: string[];
            /**
             * @description What it is charged for
             * @example [
             *       "input_text_tokens",
             *       "output_text_tokens"
             *     ]
             */
            units: string[];
            input_tokens_max: number | null;
            output_tokens_max: number | null;
            /** @description Of one image in the input */
            image_tokens_max: number | null;
        };
        KeyList: {
            data: components["schemas"]["Key"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Key: {
            /** @example key_7 */
            id: string;
            /** @description Its first characters; the key itself is shown once, when `purser keys create` makes it */
            prefix: string;
            name: string;
            scopes: ("track:write" | "reservations:write" | "budgets:read" | "budgets:write" | "reports:read" | "jobs:write" | "admin")[];
            /** @description The account that it is bound to; null: the whole installation */
            account: string | null;
            /** @enum {string} */
            state: "active" | "expired" | "revoked";
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string | null;
            /** Format: date-time */
            revoked_at: string | null;
            /**
             * Format: date-time
             * @description To the minute
             */
            last_used_at: string | null;
            replaced_by: string | null;
        };
        ActList: {
            data: components["schemas"]["Act"][];
            has_more: boolean;
            /** @description For the next page; null when there is none */
            next_cursor: string | null;
        };
        Act: {
            /** @example act_12 */
            id: string;
            /** Format: date-time */
            at: string;
            /**
             * @description A key, or whoever ran a command
             * @example key_7
             */
            who: string;
            /** @example key.revoke */
            act: string;
            account: string | null;
            what: {
                [key: string]: unknown;
            };
            request_id: string | null;
        };
        AiSpendTracked: {
            id: string;
            provider: string;
            model: string;
            /** @example 0.000210800 */
            cost: string;
            /** @enum {string} */
            currency: "EUR";
        };
        AiSpendBudget: {
            /** @example bdg_12 */
            id: string;
            feature: string;
            /** @enum {string} */
            period: "monthly";
            /** @example 100.000000000 */
            limit: string;
            spent: string;
            /** @description Set aside for calls that are under way, or in doubt */
            reserved: string;
            /** @description Below zero when it is exceeded */
            remaining: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            alert_at: number[];
        };
        AiSpendReport: {
            /** @enum {string} */
            period: "monthly";
            /** @example 2026-10 */
            month: string;
            group_by: string;
            /** @enum {string} */
            currency: "EUR" | "USD";
            /**
             * @description A decimal: of EUR nine digits, of USD twelve
             * @example 12.035712340
             */
            total_cost: string;
            /**
             * @description Of input tokens
             * @example 12.035712340
             */
            input_cost: string;
            /**
             * @description Of output tokens
             * @example 12.035712340
             */
            output_cost: string;
            /**
             * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
             * @example 12.035712340
             */
            other_cost: string;
            input_tokens: number;
            output_tokens: number;
            /** @description Requests that went out, failed ones too, and usages that were tracked */
            call_count: number;
            groups: {
                /** @description Null: of calls that have none */
                name: string | null;
                /**
                 * @description A decimal: of EUR nine digits, of USD twelve
                 * @example 12.035712340
                 */
                total_cost: string;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string;
                input_tokens: number;
                output_tokens: number;
                /** @description Requests that went out, failed ones too, and usages that were tracked */
                call_count: number;
                /**
                 * @description Of the whole, in percent, with two digits
                 * @example 41.27
                 */
                share: string;
            }[];
        };
        DailyCosts: {
            daily_costs: {
                /** Format: date */
                date: string;
                /**
                 * @description A decimal: of EUR nine digits, of USD twelve
                 * @example 12.035712340
                 */
                total_cost: string;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string;
                /** @description Requests that went out, failed ones too, and usages that were tracked */
                call_count: number;
            }[];
            /** @enum {string} */
            currency: "EUR" | "USD";
        };
        CostsByModel: {
            costs_by_model: {
                model: string;
                /**
                 * @description A decimal: of EUR nine digits, of USD twelve
                 * @example 12.035712340
                 */
                total_cost: string;
                /**
                 * @description Of input tokens
                 * @example 12.035712340
                 */
                input_cost: string;
                /**
                 * @description Of output tokens
                 * @example 12.035712340
                 */
                output_cost: string;
                /**
                 * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
                 * @example 12.035712340
                 */
                other_cost: string;
                input_tokens: number;
                output_tokens: number;
                /** @description Requests that went out, failed ones too, and usages that were tracked */
                call_count: number;
            }[];
            /** @enum {string} */
            currency: "EUR" | "USD";
        };
        TotalCost: {
            /**
             * @description A decimal: of EUR nine digits, of USD twelve
             * @example 12.035712340
             */
            total_cost: string;
            /**
             * @description Of input tokens
             * @example 12.035712340
             */
            input_cost: string;
            /**
             * @description Of output tokens
             * @example 12.035712340
             */
            output_cost: string;
            /**
             * @description Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole
             * @example 12.035712340
             */
            other_cost: string;
            input_tokens: number;
            output_tokens: number;
            /** @description Requests that went out, failed ones too, and usages that were tracked */
            call_count: number;
            /** @enum {string} */
            currency: "EUR" | "USD";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    createReservation: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Who pays. A key that is bound to an account need not say it
                     * @example acme
                     */
                    account?: string;
                    user?: string;
                    team?: string;
                    project?: string;
                    feature?: string;
                    environment?: string;
                    labels?: {
                        [key: string]: string;
                    };
                    /** @description Found from the model, if only one has it */
                    provider?: string;
                    /** @example gemini-2.5-flash-lite */
                    model: string;
                    /**
                     * @description What budgets of one endpoint, and reports, see
                     * @default chat
                     */
                    endpoint?: string;
                    /**
                     * @default standard
                     * @enum {string}
                     */
                    tier?: "standard" | "batch" | "flex" | "priority";
                    /** @description Input tokens of every kind, at most */
                    input_tokens_max: number;
                    /** @description Output tokens of every kind, thoughts too, at most: send this limit along */
                    max_output_tokens: number;
                    /** @description Searches of the provider’s own, at most; none if left out */
                    search_queries_max?: number;
                    /**
                     * @description What the output is charged as
                     * @default text
                     * @enum {string}
                     */
                    output?: "text" | "image";
                };
            };
        };
        responses: {
            /** @description Granted: send it */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reservation"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `budget_exceeded`: send nothing */
            402: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BudgetExceeded"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already_settled`: What it cost is booked already; `request_running`: The same request is being worked on; `stopped`: Somebody has stopped this */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_old`: It is too old */
            410: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ambiguous_model`: Several providers have a model of this name; `idempotency_key_reused`: The Idempotency-Key was used for another request; `no_budget`: No budget covers this call; `unpriced_model`: The model has no price */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReservation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reservation */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reservation"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    settleReservation: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description What the provider says was used: `{"input_tokens": 1200, "output_tokens": 300}`, or any of the units that the price book knows (`input_cached_tokens`, `output_thought_tokens`, …), or a list as `purser/usage` makes it. `null`: the provider named none, so the whole amount is booked
                     * @example {
                     *       "input_tokens": 1200,
                     *       "output_tokens": 300
                     *     }
                     */
                    usage?: unknown;
                    /** @description Which model answered, as the response names it: it decides the prices */
                    model?: string;
                    /** @description How it was served, as the response names it */
                    tier?: string;
                    /** @description The provider’s id of its response */
                    response_id?: string;
                    duration_ms?: number;
                };
            };
        };
        responses: {
            /** @description Booked, with its cost line by line */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reservation"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already_settled`: What it cost is booked already; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request; `usage_unreadable`: The usage cannot be read */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releaseReservation: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    because: "never_sent" | "rejected_unbilled";
                    why: string;
                };
            };
        };
        responses: {
            /** @description Given back */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reservation"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already_settled`: What it cost is booked already; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createEstimate: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Who pays. A key that is bound to an account need not say it
                     * @example acme
                     */
                    account?: string;
                    user?: string;
                    team?: string;
                    project?: string;
                    feature?: string;
                    environment?: string;
                    labels?: {
                        [key: string]: string;
                    };
                    /** @description Found from the model, if only one has it */
                    provider?: string;
                    /** @example gemini-2.5-flash-lite */
                    model: string;
                    /**
                     * @description What budgets of one endpoint, and reports, see
                     * @default chat
                     */
                    endpoint?: string;
                    /**
                     * @default standard
                     * @enum {string}
                     */
                    tier?: "standard" | "batch" | "flex" | "priority";
                    /** @description Input tokens of every kind, at most */
                    input_tokens_max: number;
                    /** @description Output tokens of every kind, thoughts too, at most: send this limit along */
                    max_output_tokens: number;
                    /** @description Searches of the provider’s own, at most; none if left out */
                    search_queries_max?: number;
                    /**
                     * @description What the output is charged as
                     * @default text
                     * @enum {string}
                     */
                    output?: "text" | "image";
                };
            };
        };
        responses: {
            /** @description Yes or no, and why */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Estimate"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ambiguous_model`: Several providers have a model of this name; `idempotency_key_reused`: The Idempotency-Key was used for another request; `no_budget`: No budget covers this call; `unpriced_model`: The model has no price */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trackUsage: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Your own name of this usage, for ever, such as `invoice 17 line 3`; if left out, the Idempotency-Key */
                    key?: string;
                    /**
                     * @description Who pays. A key that is bound to an account need not say it
                     * @example acme
                     */
                    account?: string;
                    user?: string;
                    team?: string;
                    project?: string;
                    feature?: string;
                    environment?: string;
                    labels?: {
                        [key: string]: string;
                    };
                    /** @description Found from the model, if only one has it */
                    provider?: string;
                    /** @example gemini-2.5-flash-lite */
                    model: string;
                    /** @default tracked */
                    endpoint?: string;
                    /** @default standard */
                    tier?: string;
                    /**
                     * @description What was used, by the units of the price book; hours and gigabytes as decimal text, like `"2.5"`
                     * @example {
                     *       "input_tokens": 1200,
                     *       "output_tokens": 300
                     *     }
                     */
                    usage: Record<string, unknown>;
                    /**
                     * Format: date-time
                     * @description When it happened: its prices, its rate and its budget periods are those of this moment. Now, if left out
                     */
                    at?: string;
                    /** @description How long it took */
                    duration_ms?: number;
                    /**
                     * @description It failed, though it was billed: why. It counts as a failed call
                     * @example 503 overloaded
                     */
                    error?: string;
                };
            };
        };
        responses: {
            /** @description It was booked before */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackedUsage"];
                };
            };
            /** @description Booked */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackedUsage"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ambiguous_model`: Several providers have a model of this name; `idempotency_key_reused`: The Idempotency-Key was used for another request; `no_budget`: No budget covers this call; `unpriced_model`: The model has no price */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trackUsages: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    usages: {
                        key: string;
                        /**
                         * @description Who pays. A key that is bound to an account need not say it
                         * @example acme
                         */
                        account?: string;
                        user?: string;
                        team?: string;
                        project?: string;
                        feature?: string;
                        environment?: string;
                        labels?: {
                            [key: string]: string;
                        };
                        /** @description Found from the model, if only one has it */
                        provider?: string;
                        /** @example gemini-2.5-flash-lite */
                        model: string;
                        /** @default tracked */
                        endpoint?: string;
                        /** @default standard */
                        tier?: string;
                        /**
                         * @description What was used, by the units of the price book; hours and gigabytes as decimal text, like `"2.5"`
                         * @example {
                         *       "input_tokens": 1200,
                         *       "output_tokens": 300
                         *     }
                         */
                        usage: Record<string, unknown>;
                        /**
                         * Format: date-time
                         * @description When it happened: its prices, its rate and its budget periods are those of this moment. Now, if left out
                         */
                        at?: string;
                        /** @description How long it took */
                        duration_ms?: number;
                        /**
                         * @description It failed, though it was billed: why. It counts as a failed call
                         * @example 503 overloaded
                         */
                        error?: string;
                    }[];
                    /**
                     * @description `all`: one that cannot be booked, and none is. `each`: what can be booked is
                     * @default all
                     * @enum {string}
                     */
                    mode?: "all" | "each";
                };
            };
        };
        responses: {
            /** @description What came of each, in the order of the request */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackedBatch"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ambiguous_model`: Several providers have a model of this name; `idempotency_key_reused`: The Idempotency-Key was used for another request; `no_budget`: No budget covers this call; `unpriced_model`: The model has no price */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCalls: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                from?: string;
                to?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
                /** @description `true`: only what was answered, `false`: only what was not; all, if left out */
                success?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of calls */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The call, with its money as known now */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCallPreparation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The decision */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallPreparation"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    scoreCall: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    quality?: string;
                    accuracy?: string;
                    value?: {
                        amount: string;
                        /** @enum {string} */
                        currency: "EUR";
                    };
                };
            };
        };
        responses: {
            /** @description The call, with its scores */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportCalls: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
                /** @description `true`: only what was answered, `false`: only what was not; all, if left out */
                success?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The calls */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportFocus: {
        parameters: {
            query: {
                month: string;
                account?: string;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The month */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseCosts: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                by?: string;
                unit?: "hour" | "day" | "week" | "month";
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The costs */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsCosts"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseTotal: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsTotal"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseDaily: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsDaily"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseUsers: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsUsers"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseFeatures: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsFeatures"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseOperations: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsOperations"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseCostPerToken: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsCostPerToken"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseAccounts: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsAccounts"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseTeams: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsTeams"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseProjects: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsProjects"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseEnvironments: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsEnvironments"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseVendors: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsVendors"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseLive: {
        parameters: {
            query?: {
                /** @description The last so many, this one among them */
                hours?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsLive"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseLiveModels: {
        parameters: {
            query?: {
                /** @description The last so many, this one among them */
                hours?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsLiveModels"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseCache: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsCache"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseReserved: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsReserved"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseLatency: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                by?: "model" | "feature";
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsLatency"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseValue: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsValue"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseInfrastructure: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                unit?: "day" | "week" | "month";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsInfrastructure"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseDuplicatePrompts: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsDuplicatePrompts"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyseRefusals: {
        parameters: {
            query?: {
                /** @description A day, or a moment. Thirty days before `to`, if left out */
                from?: string;
                /** @description Before it: a day, or a moment. The end of today, if left out */
                to?: string;
                limit?: number;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
                account?: string;
                user?: string;
                team?: string;
                project?: string;
                feature?: string;
                environment?: string;
                provider?: string;
                model?: string;
                endpoint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalyticsRefusals"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportAnalytics: {
        parameters: {
            query?: {
                question?: "total" | "daily" | "users" | "features" | "operations" | "cost-per-token" | "accounts" | "teams" | "projects" | "environments" | "vendors" | "live" | "live-models" | "cache" | "reserved" | "latency" | "value" | "infrastructure" | "duplicate-prompts" | "refusals";
                account?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReportSchedules: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of schedules */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportScheduleList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createReportSchedule: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example users-each-monday */
                    name: string;
                    /** @description Of this account only */
                    account?: string;
                    /**
                     * @description One of `/v1/analytics`
                     * @enum {string}
                     */
                    question: "total" | "daily" | "users" | "features" | "operations" | "cost-per-token" | "accounts" | "teams" | "projects" | "environments" | "vendors" | "cache" | "reserved" | "latency" | "value" | "infrastructure" | "duplicate-prompts" | "refusals";
                    /** @description Of `latency`: model or feature */
                    by?: string;
                    /** @description Of `infrastructure`: day, week or month */
                    unit?: string;
                    limit?: number;
                    /** @enum {string} */
                    currency?: "EUR" | "USD";
                    /** @enum {string} */
                    every: "day" | "week" | "month";
                    /**
                     * @description From this hour on of the day after
                     * @default 7
                     */
                    hour?: number;
                    /** @description The installation’s if left out */
                    time_zone?: string;
                };
            };
        };
        responses: {
            /** @description The schedule */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportSchedule"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endReportSchedule: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule, ended */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportSchedule"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                state?: "running" | "completed" | "failed" | "cancelled" | "terminated" | "timed_out";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of jobs */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startJob: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "banner";
                    /**
                     * @description Your name for it, of the whole installation: used once. Not beginning with `job_`, `purser-` or `api/`. Left out: it is made from the Idempotency-Key
                     * @example acme-banner-1
                     */
                    job_id?: string;
                    /**
                     * @description Who pays. A key that is bound to an account need not say it
                     * @example acme
                     */
                    account?: string;
                    user?: string;
                    team?: string;
                    project?: string;
                    feature?: string;
                    environment?: string;
                    brief: {
                        name: string;
                        headline: string;
                        company: string;
                        colours: string[];
                        mood: string;
                        text?: string;
                    };
                    /** @default 1 */
                    variants?: number;
                    model?: string;
                    /**
                     * @description `activity` shows each reservation as a row of its own in Temporal UI
                     * @default local
                     * @enum {string}
                     */
                    ledger_mode?: "local" | "activity";
                    /**
                     * @description When an answer is lost: `again` sends once more, and both may be billed
                     * @enum {string}
                     */
                    on_in_doubt?: "again" | "end";
                    /**
                     * @description When a worker is lost: `wait` for its answer, or `retry` early
                     * @enum {string}
                     */
                    on_lost?: "wait" | "retry";
                    /**
                     * @description When the budgets cannot pay: `fail`, `wait` for its turn (money that comes back or is added, a plan, a new month), or `downgrade` to the next cheaper model that can be paid for. `fit` asks for fewer output tokens
                     * @enum {string}
                     */
                    on_refused?: "fail" | "wait" | "fit" | "downgrade";
                    /**
                     * @description With `wait`: then it ends refused. Left out: forty days
                     * @example 86400000
                     */
                    wait_at_most_ms?: number;
                    /** @description With `downgrade`: models of the same provider, in the order in which they are tried. Left out: those that are able and cost less, the dearest that fits first */
                    downgrade_to?: string[];
                } | {
                    /** @enum {string} */
                    type: "batch";
                    /**
                     * @description Your name for it, of the whole installation: used once. Not beginning with `job_`, `purser-` or `api/`. Left out: it is made from the Idempotency-Key
                     * @example acme-banner-1
                     */
                    job_id?: string;
                    /**
                     * @description Who pays. A key that is bound to an account need not say it
                     * @example acme
                     */
                    account?: string;
                    lines: components["schemas"]["BatchLine"][];
                    /**
                     * Format: date-time
                     * @description Until then the batch is waited for; a day ahead is what a provider may need. With `on_deadline: end` every line has its outcome about then; with `live` those that are asked by themselves may end later, above all where a rate limit or a pace holds them back
                     * @example 2026-11-30T06:00:00Z
                     */
                    deadline: string;
                    /**
                     * @description What becomes of lines that were not answered in time: `live` (default) asks them by themselves at the standard price, `end` ends them
                     * @enum {string}
                     */
                    on_deadline?: "live" | "end";
                    /** @description So long before the deadline the batch is cancelled at the provider */
                    cancel_before_ms?: number;
                    /** @description One line that is refused or stopped stops them all, before anything is sent; one that a pace holds back holds them all back */
                    all_or_none?: boolean;
                    /** @description What people see in Temporal UI */
                    label?: string;
                    /** @enum {string} */
                    ledger_mode?: "local" | "activity";
                };
            };
        };
        responses: {
            /** @description Started, now or before */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobSummary"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `job_conflict`: The job is there, with another input; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_old`: It is too old */
            410: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobSummary"];
                };
            };
            /** @description It is asked to end */
            202: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobSummary"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBudgets: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                archived?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of budgets */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BudgetList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createBudget: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @description Which calls: `{}` is every call; of a key that is bound to an account, every call of it */
                    scope: {
                        account?: string;
                        user?: string;
                        team?: string;
                        project?: string;
                        feature?: string;
                        environment?: string;
                        provider?: string;
                        model?: string;
                        endpoint?: string;
                        labels?: {
                            [key: string]: string;
                        };
                    };
                    /** @description For each period */
                    budget_amount: {
                        amount: string;
                        /** @enum {string} */
                        currency: "EUR";
                    };
                    /**
                     * @description `hard` refuses what it cannot pay for; `soft` only tells
                     * @default hard
                     * @enum {string}
                     */
                    kind?: "hard" | "soft";
                    /**
                     * @default month
                     * @enum {string}
                     */
                    period?: "day" | "month" | "total";
                    /** @description Where its days and months begin; the installation’s if left out */
                    time_zone?: string;
                    /**
                     * @description Percents of its amount to be told of, each once a period
                     * @default [
                     *       50,
                     *       80,
                     *       95,
                     *       100
                     *     ]
                     */
                    thresholds?: number[];
                    /**
                     * Format: date-time
                     * @description Of a total budget only
                     */
                    starts_at?: string;
                    /**
                     * Format: date-time
                     * @description Of a total budget only
                     */
                    ends_at?: string;
                    /**
                     * @description Begin with nothing spent, instead of what its scope has spent in the period so far
                     * @default false
                     */
                    from_zero?: boolean;
                };
            };
        };
        responses: {
            /** @description It was there already */
            200: {
                headers: {
                    "Request-Id": string;
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Budget"];
                };
            };
            /** @description Made */
            201: {
                headers: {
                    "Request-Id": string;
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Budget"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The budget */
            200: {
                headers: {
                    "Request-Id": string;
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Budget"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateBudget: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
                /** @description The ETag of the answer that you have seen */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description For each period */
                    budget_amount?: {
                        amount: string;
                        /** @enum {string} */
                        currency: "EUR";
                    };
                    /**
                     * @description `hard` refuses what it cannot pay for; `soft` only tells
                     * @enum {string}
                     */
                    kind?: "hard" | "soft";
                    /** @description Percents of its amount to be told of, each once a period */
                    thresholds?: number[];
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The budget, with its new terms */
            200: {
                headers: {
                    "Request-Id": string;
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Budget"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition_failed`: Somebody else has changed it */
            412: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition_required`: An If-Match is missing */
            428: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    archiveBudget: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The budget, archived */
            200: {
                headers: {
                    "Request-Id": string;
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Budget"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBudgetForecast: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it will end */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BudgetForecast"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createTopUp: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example bdg_7 */
                    budget_id?: string;
                    account?: string;
                    amount: {
                        amount: string;
                        /** @enum {string} */
                        currency: "EUR";
                    };
                    /**
                     * Format: date-time
                     * @description Of a raise: taken back then, before the period ends. What was spent of it stands above the amount from then on
                     */
                    until?: string;
                    reason: string;
                    /**
                     * @description Say what would become of it, and change nothing
                     * @default false
                     */
                    dry_run?: boolean;
                };
            };
        };
        responses: {
            /** @description The budget, with its new amount */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToppedUpBudget"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWaiters: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                budget_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of those who wait */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaiterList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRateLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them, by name: they are few */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RateLimitList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setRateLimit: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example gemini-minute */
                    name: string;
                    /** @description Which calls: `{}` is every call */
                    scope: {
                        account?: string;
                        user?: string;
                        team?: string;
                        project?: string;
                        feature?: string;
                        environment?: string;
                        provider?: string;
                        model?: string;
                        endpoint?: string;
                        labels?: {
                            [key: string]: string;
                        };
                    };
                    /** @enum {string} */
                    per?: "account" | "user" | "team" | "project" | "feature" | "environment" | "provider" | "model";
                    requests_per_minute?: number;
                    tokens_per_minute?: number;
                    pace_percent?: number;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The limit as it is now */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RateLimit"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeRateLimit: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description It is removed */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        /** @enum {boolean} */
                        removed: true;
                    };
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAccounts: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of accounts */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createAccount: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    id: string;
                    plan: string;
                    /** @description Where its months begin; the installation’s if left out */
                    time_zone?: string;
                    /** @description Spent from the start, for an account that moves in with history */
                    opening?: {
                        amount: {
                            amount: string;
                            /** @enum {string} */
                            currency: "EUR";
                        };
                        reason: string;
                    };
                };
            };
        };
        responses: {
            /** @description It was there already */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description Made */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_plan`: There is no such plan */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `account_conflict`: The account is there, with other terms; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listStatements: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of statements */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatement: {
        parameters: {
            query?: {
                /** @description This month, if left out: provisional */
                month?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statement */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WholeStatement"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportStatement: {
        parameters: {
            query: {
                account: string;
                /** @description This month, if left out: provisional */
                month?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statement */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeAccountPlan: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    plan: string;
                    /** @enum {string} */
                    from?: "now" | "next_month";
                    /**
                     * @description none if left out
                     * @enum {string}
                     */
                    proration?: "none" | "days";
                    reason: string;
                    /**
                     * @description Say what would become of it, and change nothing
                     * @default false
                     */
                    dry_run?: boolean;
                };
            };
        };
        responses: {
            /** @description The account, with what the change makes of it */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedAccount"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account; `unknown_plan`: There is no such plan */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAccountPlans: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of its plans */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountPlanList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    suspendAccount: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                    /**
                     * @description Say what would become of it, and change nothing
                     * @default false
                     */
                    dry_run?: boolean;
                };
            };
        };
        responses: {
            /** @description The account, suspended */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedAccount"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    activateAccount: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                    /**
                     * @description Say what would become of it, and change nothing
                     * @default false
                     */
                    dry_run?: boolean;
                };
            };
        };
        responses: {
            /** @description The account, active */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedAccount"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelAccount: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @default next_month
                     * @enum {string}
                     */
                    from?: "next_month" | "now" | "never";
                    reason: string;
                    /**
                     * @description Say what would become of it, and change nothing
                     * @default false
                     */
                    dry_run?: boolean;
                };
            };
        };
        responses: {
            /** @description The account, with what the change makes of it */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedAccount"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReview: {
        parameters: {
            query?: {
                /** @description The last one that is over, if left out */
                month?: string;
                /** @description The one that is named (`/v1/review/baseline`), if left out; else the first month with calls */
                baseline?: string;
                account?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The review */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Review"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReviewBaseline: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The baseline */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewBaseline"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setReviewBaseline: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Null: the first month with calls
                     * @example 2025-11
                     */
                    month: string | null;
                };
            };
        };
        responses: {
            /** @description The baseline as it is now */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewBaseline"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPlans: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of plans */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_plan`: There is no such plan */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setPlanVersion: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    monthly_amount: {
                        amount: string;
                        /** @enum {string} */
                        currency: "EUR";
                    };
                    /**
                     * Format: date
                     * @description From now, if left out
                     */
                    from?: string;
                    /**
                     * @description Who bears what was sent and never answered: the account’s budgets, or the house’s
                     * @enum {string}
                     */
                    presumed_costs?: "account" | "house";
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The plan */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSavings: {
        parameters: {
            query?: {
                /** @description This month, if neither it nor `from` is said */
                month?: string;
                /** @description Instead of a month: the first day */
                from?: string;
                /** @description The last day, inclusive; with `from` only */
                to?: string;
                /** @description By both, if left out. By feature alone nothing is said of quality */
                by?: "strategy" | "feature" | "strategy_and_feature";
                feature?: string;
                account?: string;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The savings */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Savings"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportSavings: {
        parameters: {
            query?: {
                /** @description This month, if neither it nor `from` is said */
                month?: string;
                /** @description Instead of a month: the first day */
                from?: string;
                /** @description The last day, inclusive; with `from` only */
                to?: string;
                /** @description By both, if left out. By feature alone nothing is said of quality */
                by?: "strategy" | "feature" | "strategy_and_feature";
                feature?: string;
                account?: string;
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The savings */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSavingSwitches: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of features */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavingSwitchList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setSavingSwitch: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description `*`: every feature, where its own says nothing
                     * @example chat
                     */
                    feature: string;
                    /** @description A policy as in docs/routing.md */
                    route?: {
                        /** @enum {string} */
                        complexity?: "simple" | "standard" | "hard";
                        models?: {
                            simple?: string[];
                            standard?: string[];
                            hard?: string[];
                        };
                        sizes?: {
                            [key: string]: "small" | "medium" | "large";
                        };
                        allow?: string[];
                        forbid?: string[];
                        providers?: string[];
                        needs?: ("text" | "image" | "audio" | "image_input" | "audio_input" | "video_input" | "search" | "thinking" | "tools" | "json")[];
                        can?: {
                            [key: string]: ("text" | "image" | "audio" | "image_input" | "audio_input" | "video_input" | "search" | "thinking" | "tools" | "json")[];
                        };
                        cannot?: {
                            [key: string]: ("text" | "image" | "audio" | "image_input" | "audio_input" | "video_input" | "search" | "thinking" | "tools" | "json")[];
                        };
                        floor_eur?: string;
                    } | false | null;
                    /** @description Rules as in docs/prompt-rules.md */
                    compress?: {
                        whitespace?: boolean;
                        filler?: boolean;
                        repeats?: boolean | "every_language";
                        history_tokens_max?: number;
                    } | false | null;
                    /** @description How its answers are kept, as in docs/cache.md; `{}`: for an hour, of each account by itself */
                    cache?: {
                        ttl_ms?: number;
                        shared?: boolean;
                        non_repeatable?: boolean;
                        cut_short?: boolean;
                    } | false | null;
                    why: string;
                };
            };
        };
        responses: {
            /** @description The switches as they are now */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavingSwitch"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSavingSwitch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `*`: every feature */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The switches and their hundred newest versions */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavingSwitchHistory"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCache: {
        parameters: {
            query?: {
                account?: string;
                /** @description How far back hits and misses are counted */
                days?: number;
                /** @description Features, at most; 50 if left out */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its figures */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cache"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clearCache: {
        parameters: {
            query?: {
                account?: string;
                feature?: string;
                model?: string;
                /** @description Needed where nothing else is said */
                all?: "true" | "false";
            };
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many went */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClearedCache"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listStops: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                /** @description What goes on again, too */
                resumed?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of stops */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StopList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Which calls: `{}` is every call; of a key that is bound to an account, every call of it */
                    scope: {
                        account?: string;
                        user?: string;
                        team?: string;
                        project?: string;
                        feature?: string;
                        environment?: string;
                        provider?: string;
                        model?: string;
                        endpoint?: string;
                        labels?: {
                            [key: string]: string;
                        };
                    };
                    /** @description Told to the jobs that it ends */
                    reason: string;
                };
            };
        };
        responses: {
            /** @description It was stopped already */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stop"];
                };
            };
            /** @description Stopped */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stop"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The stop, ended */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stop"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                /** @description `unresolved`: open or acknowledged; all, if left out */
                state?: "open" | "acknowledged" | "resolved" | "unresolved";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of alerts */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The alert */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acknowledgeAlert: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    why: string;
                };
            };
        };
        responses: {
            /** @description The alert */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resolveAlert: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    why: string;
                };
            };
        };
        responses: {
            /** @description The alert */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAlertRules: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rules */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRuleList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setAlertRule: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example hourly_spend */
                    name: string;
                    /** @enum {string} */
                    kind?: "budget_threshold" | "budget_overrun" | "budget_refused" | "budget_forecast" | "hourly_spend" | "daily_spend" | "single_request" | "spend_rate" | "spend_trend" | "in_doubt" | "unpriced" | "rate_stale" | "bound_violated" | "model_stopped";
                    /** @description Which calls, or budgets; all, if left out */
                    scope?: {
                        account?: string;
                        user?: string;
                        team?: string;
                        project?: string;
                        feature?: string;
                        environment?: string;
                        provider?: string;
                        model?: string;
                        endpoint?: string;
                        labels?: {
                            [key: string]: string;
                        };
                    };
                    /** @description Too much, of `hourly_spend`, `daily_spend` and `single_request`; the least excess, of `spend_rate`; the least growth of a day, of `spend_trend` */
                    amount?: {
                        amount: string;
                        /** @enum {string} */
                        currency: "EUR";
                    };
                    factor?: string;
                    percent?: number;
                    age_seconds?: number;
                    /**
                     * @description `flag` marks the call, `investigate` says who moved it, `stop` suspends the scope until a person lifts it
                     * @enum {string}
                     */
                    action?: "warn" | "alert" | "flag" | "investigate" | "stop";
                    /** @description So long after an alert has ended, none of the same */
                    cooldown_seconds?: number;
                    enabled?: boolean;
                };
            };
        };
        responses: {
            /** @description The rule as it is now */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDestinations: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                /** @description Those that get nothing any more, too */
                disabled?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of destinations */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createDestination: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description One line, and of one destination of an account
                     * @example ops
                     */
                    name: string;
                    /**
                     * @example log
                     * @enum {string}
                     */
                    kind: "webhook" | "slack" | "email" | "log";
                    /** @description An address: of HTTPS for `webhook` and `slack`, of mail for `email`; none for `log` */
                    target?: string;
                    /**
                     * @description Which notices: types, or `alert.*` for all that begin so; all, if left out
                     * @example [
                     *       "alert.*"
                     *     ]
                     */
                    types?: string[];
                    /** @description Only notices about this account */
                    account?: string;
                };
            };
        };
        responses: {
            /** @description Made; with its secret */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationWithSecret"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The destination */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disableDestination: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The destination, disabled */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enableDestination: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The destination, enabled */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateDestinationSecret: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description A day, if left out */
                    overlap_seconds?: number;
                };
            };
        };
        responses: {
            /** @description The destination, with its new secret */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationWithSecret"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testDestination: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description On its way */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                state?: "pending" | "delivered" | "dead";
                notice?: string;
                destination?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resendDelivery: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery, on its way again */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAttempts: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
                state?: "in_doubt" | "presumed";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of attempts */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoubtfulAttemptList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resolveAttempt: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description What it cost in all; "0" when it was not billed */
                    cost: {
                        amount: string;
                        /** @enum {string} */
                        currency: "EUR";
                    };
                    /** @description How you know */
                    why: string;
                };
            };
        };
        responses: {
            /** @description The attempt, with the cost that stands */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attempt"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already_settled`: What it cost is booked already; `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runAudit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found; nothing is broken when `violations` is empty */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audit"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBills: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                provider?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of bills */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importBill: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description As in the price book
                     * @example gemini
                     */
                    provider: string;
                    /** @enum {string} */
                    format: "purser" | "google" | "openai" | "anthropic" | "csv";
                    /**
                     * @description Of the file, for people
                     * @example november.json
                     */
                    name: string;
                    /** @description The file, as text */
                    content: string;
                    /** @description In which its days are days; if left out, America/Los_Angeles for google, else UTC */
                    time_zone?: string;
                    /** @description What the provider’s words for lines mean, by these words; null: left out */
                    meanings?: Record<string, unknown>;
                };
            };
        };
        responses: {
            /** @description It was imported before */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillWithLines"];
                };
            };
            /** @description Stored */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillWithLines"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBill: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bill */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillWithLines"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBillDrift: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Also where both agree */
                all?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of days, models, tiers and units */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillDriftList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approveBill: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Kept with the bill, and with each entry */
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The bill, and what this request booked */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovedBill"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discardBill: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description The bill */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bill"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPrices: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                provider?: string;
                model?: string;
                /** @description Now, if left out */
                at?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of prices */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PriceList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRates: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                from?: string;
                /** @description Inclusive */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rates */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RateList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                provider?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of models */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    why: string;
                };
            };
        };
        responses: {
            /** @description The key, revoked */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listActs: {
        parameters: {
            query?: {
                /** @description So many at most; 50 if left out */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                account?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of acts */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActList"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    aiSpendTrack: {
        parameters: {
            query?: never;
            header?: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example gemini-2.5-flash-lite */
                    model: string;
                    /** @description Found from the model, if only one has it */
                    provider?: string;
                    input_tokens: number;
                    output_tokens: number;
                    /**
                     * @description Who pays, and what for
                     * @default {}
                     * @example {
                     *       "feature": "chat"
                     *     }
                     */
                    metadata?: {
                        user?: string;
                        team?: string;
                        project?: string;
                        feature?: string;
                        environment?: string;
                        labels?: {
                            [key: string]: string;
                        };
                        /**
                         * @description Who pays. A key that is bound to an account need not say it
                         * @example acme
                         */
                        account?: string;
                    };
                };
            };
        };
        responses: {
            /** @description Booked */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AiSpendTracked"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ambiguous_model`: Several providers have a model of this name; `idempotency_key_reused`: The Idempotency-Key was used for another request; `no_budget`: No budget covers this call; `unpriced_model`: The model has no price */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    aiSpendBudget: {
        parameters: {
            query: {
                feature: string;
                period?: "monthly";
                /** @description USD: at the newest rate */
                currency?: "EUR" | "USD";
                account?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The budget */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AiSpendBudget"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    aiSpendSetBudget: {
        parameters: {
            query?: never;
            header?: {
                /** @description Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    feature: string;
                    /**
                     * @description A decimal as text, or a whole JSON number: a fraction as a JSON number may lose a digit
                     * @example 100.00
                     */
                    monthly_limit: number | string;
                    /**
                     * @description Percents of the limit that are told of: 50, 80, 95 and 100 (exceeded), unless you say others
                     * @example [
                     *       50,
                     *       80,
                     *       95
                     *     ]
                     */
                    alert_at?: number[];
                    /**
                     * @default EUR
                     * @enum {string}
                     */
                    currency?: "EUR" | "USD";
                    account?: string;
                };
            };
        };
        responses: {
            /** @description It was there, and has this limit now */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AiSpendBudget"];
                };
            };
            /** @description Made */
            201: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AiSpendBudget"];
                };
            };
            /** @description `bad_input`: The request is wrong; `idempotency_key_required`: An Idempotency-Key is missing */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing; `unknown_account`: There is no such account */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: It contradicts what is there; `request_running`: The same request is being worked on */
            409: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large`: The body is too large */
            413: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type`: The body is no JSON */
            415: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`: The Idempotency-Key was used for another request */
            422: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `rate_missing`: There is no euro rate; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    aiSpendReport: {
        parameters: {
            query?: {
                period?: "monthly";
                /** @description Any scope value; `label:tenant` for a label */
                group_by?: string;
                month?: string;
                account?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The month */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AiSpendReport"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dailyCosts: {
        parameters: {
            query?: {
                start_date?: string;
                /** @description Inclusive; today, if left out. `start_date`: 29 days before it */
                end_date?: string;
                account?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The days */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DailyCosts"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    costsByModel: {
        parameters: {
            query?: {
                start_date?: string;
                /** @description Inclusive; today, if left out. `start_date`: 29 days before it */
                end_date?: string;
                account?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The models */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostsByModel"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    totalCost: {
        parameters: {
            query?: {
                start_date?: string;
                /** @description Inclusive; today, if left out. `start_date`: 29 days before it */
                end_date?: string;
                account?: string;
                /** @description USD: each request at the rate that was pinned with it */
                currency?: "EUR" | "USD";
                /** @description Where days, weeks and months begin; the installation’s if left out */
                time_zone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole */
            200: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotalCost"];
                };
            };
            /** @description `bad_input`: The request is wrong */
            400: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthorized`: An API key is needed */
            401: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_permitted`: The key may not do this */
            403: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such thing */
            404: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: Too many requests */
            429: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal_error`: Purser is at fault */
            500: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ledger_busy`: Too many wait for the ledger; `recovering`: The ledger is recovering; `timeout`: It took too long; `unavailable`: The ledger, or Temporal, does not answer */
            503: {
                headers: {
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
