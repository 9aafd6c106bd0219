/* A kernel that learns: a recorded descent, played back. */
const learning = (() => {
    /* Return a sentence about a step: the sum of the weights, and the largest error of a weight. */
    function describe(kernel, target) {
        const sum = kernel.flat().reduce((total, weight) => total + weight, 0);
        const errors = kernel.flat().map((weight, k) => Math.abs(weight - target.flat()[k]));
        return `The weights sum to ${draw.format(sum)}. The largest error of a weight is ${draw.format(Math.max(...errors), 3)}.`;
    }

    return { describe };
})();

if (typeof module !== "undefined") module.exports = learning;

if (typeof document !== "undefined") {
    const { data, element, format } = draw;
    const walk = element("walk");
    const last = data.kernels.length - 1;
    const step = draw.slider(walk, { label: "step", max: last, show: (place) => `${place} of ${last}` }, () => {
        play.stop();
        update();
    });
    const play = draw.player(walk, step, update, Math.max(60, 8000 / last));
    const largest = Math.max(...data.kernels.flat(2).map(Math.abs));
    let photo = null;

    function update() {
        const kernel = data.kernels[step.value];
        const loss = format(data.losses[step.value], 5);
        const words = learning.describe(kernel, data.target);
        const numbers = { scale: "signed", low: -largest, high: largest, cell: 50 };
        draw.grid(element("kernel"), kernel, { ...numbers, label: `the kernel after ${step.value} steps: ${kernel.map((row) => row.map((weight) => format(weight)).join(" ")).join("; ")}` });
        draw.curve(element("loss"), data.losses, { index: step.value, xlabel: "step", label: `the loss falls from ${format(data.losses[0], 5)} to ${format(data.losses[last], 5)}`, width: 250, height: 196 });
        element("words").textContent = `Loss ${loss}. ${words}`;
        if (photo) paint(kernel);
        draw.say(`Step ${step.value}: loss ${loss}. ${words}`);
    }

    function paint(kernel) {
        const result = photoFilter.convolve(photo, kernel.flat(), 1);
        draw.image(element("map"), result, { scale: "signed", low: -1, high: 1 });
    }

    draw.grid(element("target"), data.target, { scale: "signed", low: -largest, high: largest, cell: 36, label: "the kernel that made the data" });
    update();
    if (data.photograph) {
        draw.photograph(data.photograph).then((picture) => {
            photo = picture;
            update();
        });
    } else {
        element("seen").remove();
    }
}
