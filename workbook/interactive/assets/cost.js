"use strict";

// Pure functions. A layer is {kernel_size, in_channels, filters, size, groups}; `size` is its output's, a square.

/** Return the weights and MACs, without biases, of four kinds of layer; null for groups that do not divide. */
function costs(layer) {
    const { kernel_size: k, in_channels: channels, filters, groups } = layer;
    const weights = {
        ordinary: k * k * channels * filters,
        grouped: groupProblem(layer) ? null : k * k * (channels / groups) * filters,
        separable: k * k * channels + channels * filters,
        pointwise: channels * filters,
    };
    const cost = (count) => (count === null ? null : { weights: count, macs: count * layer.size ** 2 });
    return Object.fromEntries(Object.entries(weights).map(([kind, count]) => [kind, cost(count)]));
}

/** Return in words why the groups do not divide the channels or the filters, or an empty text. */
function groupProblem({ in_channels: channels, filters, groups }) {
    const uneven = [
        [channels, "input channels"],
        [filters, "filters"]
    ].filter(([count]) => count % groups);
    if (!uneven.length) return "";
    const parts = uneven.map(([count, name]) => `${count} ${name} cannot be cut into ${groups} equal groups`);
    const near = neighbours(channels, filters, groups).join(" or ");
    return `There is no such layer: ${parts.join(", and ")}. Groups must divide both numbers: try ${near}.`;
}

/** Return the next smaller and the next larger number of groups that divide both, where there is one. */
function neighbours(channels, filters, groups) {
    const largest = Math.min(channels, filters);
    const divides = (count) => channels % count === 0 && filters % count === 0;
    const all = Array.from({ length: largest }, (_, i) => i + 1).filter(divides);
    const smaller = all.filter((count) => count < groups).at(-1);
    const larger = all.find((count) => count > groups);
    return [smaller, larger].filter((count) => count !== undefined);
}

/** Return the values of a slider: those of a list up to `most`, and `value`. */
function stops(list, most, value) {
    return [...new Set([...list, value])].filter((stop) => stop <= most).toSorted((a, b) => a - b);
}

/** Return a sentence about a special case of the formulas, or an empty text. */
function remark({ kernel_size: k, in_channels: channels, filters, groups }) {
    if (k === 1) return "With k = 1 the ordinary layer is the 1×1 layer, and a separable one costs more than it saves.";
    if (filters === 1) return "With a single filter each depthwise kernel serves only once: separable costs more.";
    if (groups === channels && groups === filters) return "As many groups as channels: the grouped layer is depthwise.";
    if (groups === 1) return "One group: the grouped layer is the ordinary one.";
    return "";
}

if (typeof module !== "undefined") module.exports = { costs, groupProblem, neighbours, stops, remark };

// The page.

const CHANNELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];
const STOPS = {
    kernel_size: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    in_channels: CHANNELS,
    filters: CHANNELS,
    size: [1, 2, 4, 7, 8, 14, 16, 27, 28, 32, 55, 56, 64, 112, 128, 224],
    groups: [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024],
};
const LABELS = {
    kernel_size: "kernel size k",
    in_channels: "channels C_in",
    filters: "filters C_out",
    size: "output size",
    groups: "groups G",
};

/** Return an SVG of which filters read which channels: `groups` blocks on the diagonal, pale for 1×1 kernels. */
function connections(groups, kernelSize) {
    const blocks = Math.min(groups, 100); // more could not be told apart
    const side = 100 / blocks;
    const parts = Array.from({ length: blocks }, (_, i) => `<rect x="${i * side}" y="${i * side}" width="${side}" height="${side}"/>`);
    const kind = kernelSize > 1 ? "many" : "single";
    return `<svg viewBox="-1 -1 102 102" width="76" aria-hidden="true"><rect class="ground" width="100" height="100"/><g class="${kind}">${parts.join("")}</g></svg>`;
}

const subscripts = (formula) => formula.replace(/_(in|out)/g, "<sub>$1</sub>");

function costPage() {
    const { presets, limits } = draw.data;
    const layer = { ...draw.data.layer };
    const root = draw.element("cost");
    const count = (value) => value.toLocaleString("en");

    const top = draw.add(root, "div", { className: "controls" });
    draw.choice(top, { label: "begin with", options: Object.keys(presets) }, (name) => {
        Object.assign(layer, presets[name]);
        rebuild();
    });
    const sliders = draw.add(root, "div", { className: "controls" });
    const note = draw.add(root, "p", { id: "note" });
    const panels = draw.add(root, "div", { className: "panels" });
    const [weights, macs] = ["weights", "MACs"].map((name) => {
        const box = draw.add(panels, "div", { className: "bars" });
        draw.add(box, "h3", {}, name);
        return draw.add(box, "div");
    });
    const rule = draw.add(root, "p", { className: "formula" });
    const legend = "Which filter reads which channel: rows are input channels, columns are filters. Full colour: k² weights for each pair; pale: one.";
    draw.add(root, "p", { className: "muted" }, legend);
    const kinds = draw.add(root, "div", { className: "kinds" });
    rebuild();

    /** Make the sliders again, so that each has a stop at the layer's own value. */
    function rebuild() {
        sliders.replaceChildren();
        for (const [name, label] of Object.entries(LABELS)) {
            const list = stops(STOPS[name], limits[name], layer[name]);
            const text = (index) => name === "size" ? `${list[index]} × ${list[index]}` : String(list[index]);
            const value = list.indexOf(layer[name]);
            draw.slider(sliders, { label, max: list.length - 1, value, show: text }, (index) => {
                layer[name] = list[index];
                show();
            });
        }
        show();
    }

    function show() {
        const result = costs(layer);
        const { kernel_size: k, in_channels: channels, filters, groups } = layer;
        const names = { ordinary: "ordinary", grouped: groups === 1 ? "1 group" : `${groups} groups`, separable: "separable", pointwise: "1×1" };
        const bars = (key) => Object.entries(names).map(([kind, label]) => {
            const value = result[kind]?.[key] ?? 0;
            return { label, value, text: value ? count(value) : "not possible", best: kind !== "ordinary" };
        });
        draw.bars(weights, bars("weights"));
        draw.bars(macs, bars("macs"));
        const share = result.separable.weights / result.ordinary.weights;
        const parts = [1 / filters, 1 / k ** 2, share].map((value) => draw.format(value, 4));
        const times = share <= 1 ? `${draw.format(1 / share, 1)} times fewer` : `${draw.format(share, 2)} times as many`;
        rule.innerHTML = subscripts(`separable ÷ ordinary = 1/C_out + 1/k² = 1/${filters} + 1/${k ** 2} = ` +
            `${parts[0]} + ${parts[1]} = ${parts[2]}: ${times}`);
        const problem = groupProblem(layer);
        note.className = problem ? "warn" : "";
        note.textContent = problem || remark(layer);
        const formulas = {
            ordinary: [`k²·C_in·C_out = ${k ** 2}·${channels}·${filters}`, connections(1, k)],
            grouped: [`k²·C_in·C_out / G = ${k ** 2}·${channels}·${filters} / ${groups}`, connections(groups, k)],
            separable: [
                `k²·C_in + C_in·C_out = ${k ** 2}·${channels} + ${channels}·${filters}`,
                connections(channels, k) + connections(1, 1),
            ],
            pointwise: [`C_in·C_out = ${channels}·${filters}`, connections(1, 1)],
        };
        kinds.replaceChildren();
        for (const [kind, [formula, drawing]] of Object.entries(formulas)) {
            const box = draw.add(kinds, "div");
            draw.add(box, "h3", {}, names[kind]);
            if (result[kind]) draw.add(box, "div", { className: "connections", innerHTML: drawing });
            draw.add(box, "p", { className: "muted", innerHTML: result[kind] ? subscripts(formula) : "not possible" });
        }
        const said = bars("weights").map((bar) => `${bar.label}: ${bar.text} weights`);
        draw.say(`${note.textContent} ${said.join(", ")}`);
    }
}

if (typeof document !== "undefined") costPage();
