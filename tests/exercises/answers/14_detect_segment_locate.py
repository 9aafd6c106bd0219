# %% 14.1 right · unpacked, max and min
def box_iou(a, b):
    ay0, ax0, ay1, ax1 = a
    by0, bx0, by1, bx1 = b
    height = max(0, min(ay1, by1) - max(ay0, by0))
    width = max(0, min(ax1, bx1) - max(ax0, bx0))
    common = height * width
    return common / ((ay1 - ay0) * (ax1 - ax0) + (by1 - by0) * (bx1 - bx0) - common)

# %% 14.1 right · early return where they lie apart
def box_iou(a, b):
    y0, x0 = max(a[0], b[0]), max(a[1], b[1])
    y1, x1 = min(a[2], b[2]), min(a[3], b[3])
    if y1 <= y0 or x1 <= x0:
        return 0
    inter = (y1 - y0) * (x1 - x0)
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return inter / (area_a + area_b - inter)

# %% 14.1 right · NumPy on halves of the boxes
def box_iou(a, b):
    a, b = np.array(a), np.array(b)
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = np.prod(np.clip(sides, 0, None))
    union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common
    return float(common / union)

# %% 14.1 right · the arrays' function from metrics
def box_iou(a, b):
    return float(metrics.box_iou(np.array([a]), np.array([b]))[0, 0])

# %% 14.1 right · area as a helper, common box
def box_iou(a, b):
    def area(box):
        return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)

    common = area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    return common / (area(a) + area(b) - common)

# %% 14.1 right · loop over the two axes
def box_iou(a, b):
    shared = first = second = 1.0
    for axis in range(2):
        shared *= max(0.0, min(a[axis + 2], b[axis + 2]) - max(a[axis], b[axis]))
        first *= a[axis + 2] - a[axis]
        second *= b[axis + 2] - b[axis]
    return shared / (first + second - shared)

# %% 14.1 right · x and y named the other way round, float32
def box_iou(a, b):
    (x0, y0, x1, y1), (u0, v0, u1, v1) = np.float32(a), np.float32(b)
    w = np.maximum(np.minimum(x1, u1) - np.maximum(x0, u0), 0)
    h = np.maximum(np.minimum(y1, v1) - np.maximum(y0, v0), 0)
    return float(w * h / ((x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - w * h))

# %% 14.1 right · keras.ops
def box_iou(a, b):
    a, b = keras.ops.convert_to_tensor(a, "float32"), keras.ops.convert_to_tensor(b, "float32")
    sides = keras.ops.relu(keras.ops.minimum(a[2:], b[2:]) - keras.ops.maximum(a[:2], b[:2]))
    inter = keras.ops.prod(sides)
    return float(inter / (keras.ops.prod(a[2:] - a[:2]) + keras.ops.prod(b[2:] - b[:2]) - inter))

# %% 14.1 wrong · nothing clipped
def box_iou(a, b):
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    common = height * width
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)

# %% 14.1 wrong · only the product clipped
def box_iou(a, b):
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    common = max(0, height * width)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)

# %% 14.1 wrong · common area counted twice in the union
def box_iou(a, b):
    height = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return height * width / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]))

# %% 14.1 wrong · Dice
def box_iou(a, b):
    height = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return 2 * height * width / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]))

# %% 14.1 wrong · over the smaller area
def box_iou(a, b):
    height = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return height * width / min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))

# %% 14.1 wrong · the last pixel counted too
def box_iou(a, b):
    height = max(0, min(a[2], b[2]) - max(a[0], b[0]) + 1)
    width = max(0, min(a[3], b[3]) - max(a[1], b[1]) + 1)
    common = height * width
    areas = (a[2] - a[0] + 1) * (a[3] - a[1] + 1) + (b[2] - b[0] + 1) * (b[3] - b[1] + 1)
    return common / (areas - common)

# %% 14.1 wrong · read as y, x, height, width
def box_iou(a, b):
    height = max(0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    width = max(0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    common = height * width
    return common / (a[2] * a[3] + b[2] * b[3] - common)

# %% 14.1 wrong · read as y0, y1, x0, x1
def box_iou(a, b):
    ay0, ay1, ax0, ax1 = a
    by0, by1, bx0, bx1 = b
    common = max(0, min(ay1, by1) - max(ay0, by0)) * max(0, min(ax1, bx1) - max(ax0, bx0))
    return common / ((ay1 - ay0) * (ax1 - ax0) + (by1 - by0) * (bx1 - bx0) - common)

# %% 14.1 wrong · over the box around both
def box_iou(a, b):
    common = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return common / ((max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1])))

# %% 14.1 wrong · the common area only
def box_iou(a, b):
    height = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return float(height * width)

# %% 14.1 wrong · nothing returned where they lie apart
def box_iou(a, b):
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    if height > 0 and width > 0:
        common = height * width
        return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)

# %% 14.1 wrong · apart only if apart along both axes
def box_iou(a, b):
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    if height <= 0 and width <= 0:
        return 0.0
    common = height * width
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)

# %% 14.1 wrong · whole division
def box_iou(a, b):
    common = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return common // ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)

# %% 14.1 wrong · tuples subtracted
def box_iou(a, b):
    sides = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    common = np.prod(sides)
    return common / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common)

# %% 14.1 wrong · tuples given to the arrays' function
def box_iou(a, b):
    return metrics.box_iou(a, b)

# %% 14.2 right · loop over the ranks, any
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        overlaps = metrics.box_iou(boxes[[place]], boxes[kept])
        if not (overlaps > threshold).any():
            kept.append(int(place))
    return kept

# %% 14.2 right · the rest gets shorter
def suppress(boxes, scores, threshold):
    left = np.argsort(scores)[::-1]
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[metrics.box_iou(boxes[[best]], boxes[left])[0] <= threshold]
    return kept

# %% 14.2 right · all IoUs at once, alive or not
def suppress(boxes, scores, threshold):
    table = metrics.box_iou(boxes, boxes)
    alive = np.ones(len(boxes), bool)
    answer = []
    for i in sorted(range(len(scores)), key=lambda n: scores[n], reverse=True):
        if alive[i]:
            answer.append(i)
            alive &= table[i] <= threshold
    return answer

# %% 14.2 right · recursion
def suppress(boxes, scores, threshold):
    def survivors(order):
        if not order:
            return []
        first, *others = order
        others = [n for n in others if metrics.box_iou(boxes[[first]], boxes[[n]])[0, 0] <= threshold]
        return [first] + survivors(others)

    return survivors(np.argsort(-np.asarray(scores)).tolist())

# %% 14.2 right · two loops, for and else
def suppress(boxes, scores, threshold):
    ious = metrics.box_iou(boxes, boxes)
    result = []
    for candidate in np.flip(np.argsort(scores)):
        for winner in result:
            if ious[candidate, winner] > threshold:
                break
        else:
            result.append(candidate)
    return result

# %% 14.2 right · largest overlap, initial 0
def suppress(boxes, scores, threshold):
    kept = []
    ranked = [place for score, place in sorted(zip(scores, range(len(scores))), reverse=True)]
    for place in ranked:
        if metrics.box_iou(boxes[[place]], boxes[kept]).max(initial=0) > threshold:
            continue
        kept.append(place)
    return kept

# %% 14.2 right · own IoU, all
def suppress(boxes, scores, threshold):
    def iou(a, b):
        height = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
        width = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
        both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
        return height * width / (both - height * width)

    kept = []
    for n in reversed(np.argsort(scores).tolist()):
        if all(iou(boxes[n], boxes[m]) <= threshold for m in kept):
            kept += [n]
    return kept

# %% 14.2 right · scores struck out
def suppress(boxes, scores, threshold):
    scores = np.array(scores, dtype=float)
    kept = []
    for _ in range(len(scores)):
        best = int(scores.argmax())
        if scores[best] == -np.inf:
            return kept
        kept.append(best)
        scores[best] = -np.inf
        scores[metrics.box_iou(boxes, boxes[[best]])[:, 0] > threshold] = -np.inf
    return kept

# %% 14.2 wrong · equal counts as above
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) >= threshold).any():
            kept.append(int(place))
    return kept

# %% 14.2 wrong · compared with all surer boxes
def suppress(boxes, scores, threshold):
    order = np.argsort(-scores)
    kept = []
    for rank, place in enumerate(order):
        if not (metrics.box_iou(boxes[[place]], boxes[order[:rank]]) > threshold).any():
            kept.append(int(place))
    return kept

# %% 14.2 wrong · the least sure first
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(scores):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).any():
            kept.append(int(place))
    return kept

# %% 14.2 wrong · in the order of the input
def suppress(boxes, scores, threshold):
    kept = []
    for place in range(len(boxes)):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).any():
            kept.append(place)
    return kept

# %% 14.2 wrong · places sorted at the end
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).any():
            kept.append(int(place))
    return sorted(kept)

# %% 14.2 wrong · ranks instead of places
def suppress(boxes, scores, threshold):
    boxes = boxes[np.argsort(-scores)]
    kept = []
    for place in range(len(boxes)):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).any():
            kept.append(place)
    return kept

# %% 14.2 wrong · boxes instead of places
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).any():
            kept.append(int(place))
    return boxes[kept].tolist()

# %% 14.2 wrong · compared with the last kept box only
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if not kept or metrics.box_iou(boxes[[place]], boxes[kept[-1:]])[0, 0] <= threshold:
            kept.append(int(place))
    return kept

# %% 14.2 wrong · stops at the first overlap
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).any():
            break
        kept.append(int(place))
    return kept

# %% 14.2 wrong · all instead of any
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if not kept or not (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).all():
            kept.append(int(place))
    return kept

# %% 14.2 wrong · threshold fixed at .5
def suppress(boxes, scores, threshold=0.5):
    kept = []
    for place in np.argsort(-scores):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) > 0.5).any():
            kept.append(int(place))
    return kept

# %% 14.2 wrong · threshold laid on the scores
def suppress(boxes, scores, threshold):
    return [int(place) for place in np.argsort(-scores) if scores[place] > threshold]

# %% 14.2 wrong · IoU with itself counts
def suppress(boxes, scores, threshold):
    overlaps = metrics.box_iou(boxes, boxes)
    return [int(place) for place in np.argsort(-scores) if not (overlaps[place] > threshold).any()]

# %% 14.2 wrong · return in the loop
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if not (metrics.box_iou(boxes[[place]], boxes[kept]) > threshold).any():
            kept.append(int(place))
        return kept

# %% 14.2 wrong · one box without the second brackets
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if not (metrics.box_iou(boxes[place], boxes[kept]) > threshold).any():
            kept.append(int(place))
    return kept

# %% 14.2 wrong · largest overlap of none
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if metrics.box_iou(boxes[[place]], boxes[kept]).max() <= threshold:
            kept.append(int(place))
    return kept

# %% 14.2 wrong · an array in an if
def suppress(boxes, scores, threshold):
    kept = []
    for place in np.argsort(-scores):
        if metrics.box_iou(boxes[[place]], boxes[kept]) <= threshold:
            kept.append(int(place))
    return kept

# %% 14.3 right · plain loops
def average_precision(hits, truths):
    precisions, recalls = [], []
    found = 0
    for rank, hit in enumerate(hits, start=1):
        if hit:
            found += 1
        precisions.append(found / rank)
        recalls.append(found / truths)
    total = 0.0
    for wanted in np.linspace(0, 1, 101):
        best = 0.0
        for precision, recall in zip(precisions, recalls):
            if recall >= wanted and precision > best:
                best = precision
        total += best
    return total / 101

# %% 14.3 right · a table of recalls by ranks
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    reached = found / truths >= np.linspace(0, 1, 101)[:, np.newaxis]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 right · envelope from behind, searchsorted
def average_precision(hits, truths):
    found = np.cumsum(np.array(hits, dtype=int))
    precision = found / np.arange(1, found.size + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    ranks = np.searchsorted(found / truths, np.linspace(0, 1, 101), side="left")
    return envelope[ranks].mean()

# %% 14.3 right · max with a default
def average_precision(hits, truths):
    curve = [(sum(hits[:k]) / truths, sum(hits[:k]) / k) for k in range(1, len(hits) + 1)]
    wanted = np.linspace(0, 1, 101)
    return float(np.mean([max([p for r, p in curve if r >= w], default=0) for w in wanted]))

# %% 14.3 right · only the ranks of hits, early return
def average_precision(hits, truths):
    if not any(hits):
        return 0.0
    ranks = np.flatnonzero(hits) + 1
    count = np.arange(1, len(ranks) + 1)
    best = []
    for wanted in np.linspace(0, 1, 101):
        enough = count / truths >= wanted
        best.append((count / ranks)[enough].max() if enough.any() else 0.0)
    return float(np.mean(best))

# %% 14.3 right · walk from the last rank, recalls from above
def average_precision(hits, truths):
    wanted = list(np.linspace(0, 1, 101))
    total = best = 0.0
    for rank in range(len(hits), 0, -1):
        found = hits[:rank].count(True)
        while wanted and wanted[-1] > found / truths:
            total += best
            wanted.pop()
        best = max(best, found / rank)
    return (total + best * len(wanted)) / 101

# %% 14.3 right · array of 101 bests raised rank by rank
def average_precision(hits, truths):
    wanted = np.linspace(0, 1, 101)
    best = np.zeros(101)
    found = 0
    for n, hit in enumerate(hits):
        found += bool(hit)
        best[wanted <= found / truths] = np.maximum(best[wanted <= found / truths], found / (n + 1))
    return np.mean(best)

# %% 14.3 right · recursion over the ranks, from the end
def average_precision(hits, truths):
    wanted = np.linspace(0, 1, 101)

    def bests(rank, found):
        if rank == 0:
            return np.zeros(101)
        later = bests(rank - 1, found - int(hits[rank - 1]))
        return np.maximum(later, np.where(wanted <= found / truths, found / rank, 0))

    return float(bests(len(hits), sum(map(int, hits))).sum() / len(wanted))

# %% 14.3 wrong · precision at the first rank that reaches it
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    total = 0
    for wanted in np.linspace(0, 1, 101):
        if (recall >= wanted).any():
            total += precision[np.argmax(recall >= wanted)]
    return total / 101

# %% 14.3 wrong · recall of the hits that there are
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / max(1, sum(hits))
    reached = recall >= np.linspace(0, 1, 101)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 wrong · recall of all boxes
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / len(hits)
    reached = recall >= np.linspace(0, 1, 101)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 wrong · recall above, not equal
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    reached = recall > np.linspace(0, 1, 101)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 wrong · best precision up to the recall
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    reached = recall <= np.linspace(0, 1, 101)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 wrong · mean over the recalls that are reached
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    bests = [precision[recall >= r].max() for r in np.linspace(0, 1, 101) if (recall >= r).any()]
    return float(np.mean(bests)) if bests else 0.0

# %% 14.3 wrong · mean precision at the hits
def average_precision(hits, truths):
    found, total = 0, 0.0
    for rank, hit in enumerate(hits, 1):
        if hit:
            found += 1
            total += found / rank
    return total / truths

# %% 14.3 wrong · eleven recalls
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    reached = recall >= np.linspace(0, 1, 11)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 wrong · a hundred recalls
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    reached = recall >= np.linspace(0, 1, 100)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 wrong · area by trapezia
def average_precision(hits, truths):
    area, found, before = 0.0, 0, (0.0, 1.0)
    for rank, hit in enumerate(hits, 1):
        found += hit
        now = (found / truths, found / rank)
        area += (now[0] - before[0]) * (now[1] + before[1]) / 2
        before = now
    return area

# %% 14.3 wrong · running maximum the wrong way
def average_precision(hits, truths):
    found = np.cumsum(np.array(hits, int))
    precision = np.maximum.accumulate(found / np.arange(1, len(found) + 1))
    precision = np.append(precision, 0.0)
    return float(precision[np.searchsorted(found / truths, np.linspace(0, 1, 101))].mean())

# %% 14.3 wrong · the sum of the 101
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    reached = recall >= np.linspace(0, 1, 101)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).sum())

# %% 14.3 wrong · precision and recall exchanged
def average_precision(hits, truths):
    found = np.cumsum(hits)
    recall, precision = found / np.arange(1, len(hits) + 1), found / truths
    reached = recall >= np.linspace(0, 1, 101)[:, None]
    return float(np.where(reached, precision, 0).max(axis=1, initial=0).mean())

# %% 14.3 wrong · ranks from 0
def average_precision(hits, truths):
    found, curve = 0, []
    for rank, hit in enumerate(hits):
        found += hit
        curve.append((found / truths, found / rank))
    return float(np.mean([max([p for r, p in curve if r >= w], default=0) for w in np.linspace(0, 1, 101)]))

# %% 14.3 wrong · max of an empty list
def average_precision(hits, truths):
    found = np.cumsum(hits)
    precision, recall = found / np.arange(1, len(hits) + 1), found / truths
    return float(np.mean([max(precision[recall >= wanted]) for wanted in np.linspace(0, 1, 101)]))

# %% 14.3 wrong · a list divided by a number
def average_precision(hits, truths):
    recall = [sum(hits[: k + 1]) for k in range(len(hits))] / truths
    precision = [sum(hits[: k + 1]) / (k + 1) for k in range(len(hits))]
    reached = recall >= np.linspace(0, 1, 101)[:, None]
    return np.where(reached, precision, 0).max(axis=1, initial=0).mean()

# %% 14.4 right · functional, plain
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    b = layers.UpSampling2D(2)(x)
    x = layers.Concatenate()([b, a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    outputs = layers.Conv2D(classes, 1, padding="same", activation="softmax")(x)
    return keras.Model(inputs, outputs)

# %% 14.4 right · helper function, tuples, names
def small_unet(filters, classes):
    def conv(count, size, step=1, activation="relu", name=None):
        return layers.Conv2D(
            count, (size, size), strides=(step, step), padding="same", activation=activation, name=name
        )

    picture = layers.Input(shape=(32, 32, 1), name="picture")
    fine = conv(filters, 3, 2, name="fine")(picture)
    coarse = conv(filters * 2, 3, 2, name="coarse")(fine)
    enlarged = layers.UpSampling2D(size=(2, 2), name="enlarged")(coarse)
    both = layers.Concatenate(axis=-1, name="bridge")([enlarged, fine])
    mixed = layers.UpSampling2D(size=(2, 2))(conv(filters, 3, name="mixed")(both))
    return keras.Model(inputs=picture, outputs=conv(classes, 1, activation="softmax")(mixed))

# %% 14.4 right · layers.concatenate, default enlargement
def small_unet(filters, classes):
    inp = keras.layers.Input((32, 32, 1))
    A = keras.layers.Conv2D(filters, 3, 2, "same", activation="relu")(inp)
    B = keras.layers.UpSampling2D()(keras.layers.Conv2D(2 * filters, 3, 2, "same", activation="relu")(A))
    out = keras.layers.concatenate([B, A])
    out = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(out)
    out = keras.layers.UpSampling2D()(out)
    out = keras.layers.Conv2D(classes, 1, activation="softmax")(out)
    return keras.models.Model(inp, out)

# %% 14.4 right · functools.partial and activation functions
def small_unet(filters, classes):
    from functools import partial

    conv = partial(layers.Conv2D, kernel_size=3, padding="same", activation=keras.activations.relu)
    x = inputs = keras.Input((32, 32, 1))
    x = a = conv(filters=filters, strides=2)(x)
    x = conv(filters=2 * filters, strides=2)(x)
    x = layers.Concatenate(axis=3)([layers.UpSampling2D(2)(x), a])
    x = layers.UpSampling2D(2)(conv(filters=filters)(x))
    x = conv(filters=classes, kernel_size=1, activation=keras.activations.softmax)(x)
    return keras.Model(inputs, x)

# %% 14.4 right · layers made first, then joined
def small_unet(filters, classes):
    down = [
        layers.Conv2D(filters * factor, 3, strides=2, padding="same", activation="relu") for factor in (1, 2)
    ]
    up_1, up_2 = layers.UpSampling2D(2), layers.UpSampling2D(2)
    join = layers.Concatenate()
    mix = layers.Conv2D(filters, 3, strides=1, padding="same", activation="relu")
    head = layers.Conv2D(classes, (1, 1), padding="same", activation="softmax")
    inputs = keras.Input((32, 32, 1))
    first = down[0](inputs)
    return keras.Model(inputs, head(up_2(mix(join([up_1(down[1](first)), first])))))

# %% 14.4 right · ReLU and softmax as layers of their own
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.ReLU()(layers.Conv2D(filters, 3, strides=2, padding="same")(inputs))
    x = layers.ReLU()(layers.Conv2D(2 * filters, 3, strides=2, padding="same")(a))
    b = layers.UpSampling2D(2)(x)
    x = layers.Concatenate()([b, a])
    x = layers.ReLU()(layers.Conv2D(filters, 3, padding="same")(x))
    x = layers.UpSampling2D(2)(x)
    x = layers.Conv2D(classes, 1, padding="same")(x)
    return keras.Model(inputs, layers.Softmax()(x))

# %% 14.4 right · other initial weights, loop over the way down
def small_unet(filters, classes):
    settings = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    inputs = keras.Input((32, 32, 1))
    maps = [inputs]
    for count in (filters, 2 * filters):
        maps.append(layers.Conv2D(count, 3, strides=2, **settings)(maps[-1]))
    x = layers.UpSampling2D(2, interpolation="nearest")(maps[2])
    x = layers.Concatenate()([x, maps[1]])
    x = layers.Conv2D(filters, 3, **settings)(x)
    x = layers.UpSampling2D(2, interpolation="nearest")(x)
    x = layers.Conv2D(classes, 1, padding="same", activation="softmax")(x)
    return keras.Model(inputs, x, name="small_unet")

# %% 14.4 wrong · A before B
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    b = layers.UpSampling2D(2)(x)
    x = layers.Concatenate()([a, b])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · no bridge
def small_unet(filters, classes):
    return keras.Sequential([
        keras.Input((32, 32, 1)),
        layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu"),
        layers.UpSampling2D(2),
        layers.Conv2D(filters, 3, padding="same", activation="relu"),
        layers.UpSampling2D(2),
        layers.Conv2D(classes, 1, padding="same", activation="softmax"),
    ])

# %% 14.4 wrong · softmax forgotten
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same")(x))

# %% 14.4 wrong · sigmoid at the end
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="sigmoid")(x))

# %% 14.4 wrong · ReLU forgotten in the third convolution
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · second convolution not doubled
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · last convolution 3×3
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 3, padding="same", activation="softmax")(x))

# %% 14.4 wrong · last enlargement forgotten
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · enlarged by transposed convolutions
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    b = layers.Conv2DTranspose(2 * filters, 2, strides=2)(x)
    x = layers.Concatenate()([b, a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · bilinear
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2, interpolation="bilinear")(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · always eleven classes
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(11, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · pooling instead of strides
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
    a = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(a)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · the output instead of the model
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return layers.Conv2D(classes, 1, padding="same", activation="softmax")(x)

# %% 14.4 wrong · padding forgotten
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, activation="relu")(a)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, activation="softmax")(x))

# %% 14.4 wrong · added instead of laid beside
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Add()([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · joined along the height
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate(axis=1)([layers.UpSampling2D(2)(x), a])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.4 wrong · joined before it is enlarged
def small_unet(filters, classes):
    inputs = keras.Input((32, 32, 1))
    a = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    b = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(a)
    x = layers.Concatenate()([b, a])
    x = layers.UpSampling2D(2)(x)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x))

# %% 14.5 right · vectorised, those with a union
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    used = union > 0
    return float(np.mean(both[used] / union[used]))

# %% 14.5 right · loop and continue
def mean_iou(matrix):
    values = []
    for c in range(len(matrix)):
        union = matrix[c, :].sum() + matrix[:, c].sum() - matrix[c, c]
        if union == 0:
            continue
        values.append(matrix[c, c] / union)
    return sum(values) / len(values)

# %% 14.5 right · nanmean
def mean_iou(matrix):
    hits = matrix.diagonal()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nanmean(hits / (matrix.sum(0) + matrix.sum(1) - hits))

# %% 14.5 right · unused classes cut out first
def mean_iou(matrix):
    keep = np.flatnonzero(matrix.any(axis=0) | matrix.any(axis=1))
    small = matrix[np.ix_(keep, keep)].astype(float)
    true_positive = np.diagonal(small)
    false_positive = small.sum(axis=0) - true_positive
    false_negative = small.sum(axis=1) - true_positive
    return np.mean(true_positive / (true_positive + false_positive + false_negative))

# %% 14.5 right · lists only
def mean_iou(matrix):
    table = np.asarray(matrix).tolist()
    total, count = 0.0, 0
    for n, row in enumerate(table):
        column = [other[n] for other in table]
        union = sum(row) + sum(column) - row[n]
        if union:
            total += row[n] / union
            count += 1
    return total / count

# %% 14.5 right · division where it can be done, float32
def mean_iou(matrix):
    matrix = matrix.astype("float32")
    diagonal = np.einsum("ii->i", matrix)
    union = np.einsum("ij->i", matrix) + np.einsum("ij->j", matrix) - diagonal
    iou = np.divide(diagonal, union, out=np.zeros_like(union), where=union > 0)
    return iou.sum() / np.count_nonzero(union)

# %% 14.5 right · keras.ops
def mean_iou(matrix):
    m = keras.ops.convert_to_tensor(matrix, "float32")
    both = keras.ops.diagonal(m)
    union = keras.ops.sum(m, axis=0) + keras.ops.sum(m, axis=1) - both
    used = keras.ops.cast(union > 0, "float32")
    return float(keras.ops.sum(both / keras.ops.maximum(union, 1)) / keras.ops.sum(used))

# %% 14.5 right · comprehension over pairs
def mean_iou(matrix):
    unions = [matrix[k].sum() + np.delete(matrix[:, k], k).sum() for k in range(matrix.shape[0])]
    return float(np.mean([matrix[k, k] / union for k, union in enumerate(unions) if union != 0]))

# %% 14.5 wrong · absent classes count as 0
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return float(np.mean(both / np.maximum(union, 1)))

# %% 14.5 wrong · absent classes count as 1
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return float(np.mean(np.where(union > 0, both / np.maximum(union, 1), 1)))

# %% 14.5 wrong · predicted but absent left out
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    used = matrix.sum(axis=1) > 0
    return float(np.mean(both[used] / union[used]))

# %% 14.5 wrong · never predicted left out
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    used = matrix.sum(axis=0) > 0
    return float(np.mean(both[used] / union[used]))

# %% 14.5 wrong · IoU of 0 left out
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    used = both > 0
    return float(np.mean(both[used] / union[used]))

# %% 14.5 wrong · diagonal not subtracted
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1)
    return float(np.mean(both[union > 0] / union[union > 0]))

# %% 14.5 wrong · recall of the classes
def mean_iou(matrix):
    rows = matrix.sum(axis=1)
    return float(np.mean(np.diag(matrix)[rows > 0] / rows[rows > 0]))

# %% 14.5 wrong · twice the diagonal, Dice
def mean_iou(matrix):
    both = np.diag(matrix)
    total = matrix.sum(axis=0) + matrix.sum(axis=1)
    return float(np.mean(2 * both[total > 0] / total[total > 0]))

# %% 14.5 wrong · share of right pixels
def mean_iou(matrix):
    return float(np.trace(matrix) / np.sum(matrix))

# %% 14.5 wrong · sums before the division
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return float(both.sum() / union.sum())

# %% 14.5 wrong · divided by all classes
def mean_iou(matrix):
    total = 0.0
    for c in range(len(matrix)):
        union = matrix[c].sum() + matrix[:, c].sum() - matrix[c, c]
        if union > 0:
            total += matrix[c, c] / union
    return total / len(matrix)

# %% 14.5 wrong · background left out
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    both, union = both[1:], union[1:]
    return float(np.mean(both[union > 0] / union[union > 0]))

# %% 14.5 wrong · not a mean but a list
def mean_iou(matrix):
    both = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return list(both[union > 0] / union[union > 0])

# %% 14.5 wrong · rows twice
def mean_iou(matrix):
    values = []
    for c in range(len(matrix)):
        union = matrix[c].sum() + matrix[c].sum() - matrix[c, c]
        if union > 0:
            values.append(matrix[c, c] / union)
    return float(np.mean(values))

# %% 14.5 wrong · mean with nan
def mean_iou(matrix):
    both = np.diag(matrix)
    with np.errstate(invalid="ignore"):
        return float(np.mean(both / (matrix.sum(axis=0) + matrix.sum(axis=1) - both)))

# %% 14.5 wrong · division by zero in a loop
def mean_iou(matrix):
    values = []
    for c, row in enumerate(matrix.tolist()):
        values.append(row[c] / (sum(row) + int(matrix[:, c].sum()) - row[c]))
    return sum(values) / len(values)

# %% 14.5 wrong · no such method
def mean_iou(matrix):
    both = matrix.diag()
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return float(np.mean(both[union > 0] / union[union > 0]))

# %% 14.6 right · norm and ptp
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances <= share * sizes[:, np.newaxis]))

# %% 14.6 right · loops and math
def pck(predicted, true, share):
    import math

    near = points = 0
    for guesses, places in zip(predicted, true):
        height = max(y for y, _ in places) - min(y for y, _ in places)
        width = max(x for _, x in places) - min(x for _, x in places)
        for (y, x), (true_y, true_x) in zip(guesses, places):
            points += 1
            if math.hypot(y - true_y, x - true_x) <= share * max(height, width):
                near += 1
    return near / points

# %% 14.6 right · objects one by one, mean of means
def pck(predicted, true, share):
    shares = []
    for p, t in zip(predicted, true):
        size = (t.max(axis=0) - t.min(axis=0)).max()
        off = np.sqrt(((p - t) ** 2).sum(axis=1))
        shares.append((off <= share * size).mean())
    return np.mean(shares)

# %% 14.6 right · complex numbers
def pck(predicted, true, share):
    off = predicted - true
    distance = np.abs(off[..., 0] + 1j * off[..., 1])
    limit = share * np.max(true.max(axis=1, keepdims=True) - true.min(axis=1, keepdims=True), axis=2)
    return np.count_nonzero(distance <= limit) / distance.size

# %% 14.6 right · y and x apart, hypot
def pck(predicted, true, share):
    y, x = true[:, :, 0], true[:, :, 1]
    side = np.maximum(y.max(1) - y.min(1), x.max(1) - x.min(1))
    distance = np.hypot(predicted[:, :, 0] - y, predicted[:, :, 1] - x)
    return float((distance.T <= share * side).mean())

# %% 14.6 right · a list of True and False
def pck(predicted, true, share):
    def size(points):
        return max(max(axis) - min(axis) for axis in zip(*points.tolist()))

    right = [
        np.linalg.norm(p - t) <= share * size(places)
        for guesses, places in zip(predicted, true)
        for p, t in zip(guesses, places)
    ]
    return sum(right) / len(right)

# %% 14.6 right · limits repeated, flat
def pck(predicted, true, share):
    n, points, _ = true.shape
    longer = np.array([max(t[:, 0].max() - t[:, 0].min(), t[:, 1].max() - t[:, 1].min()) for t in true])
    limits = np.repeat(share * longer, points)
    off = np.linalg.norm((predicted - true).reshape(n * points, 2), axis=-1)
    return float(np.sum(off <= limits) / (n * points))

# %% 14.6 wrong · below, not at most
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances < share * sizes[:, None]))

# %% 14.6 wrong · objects whose points are all near
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean((distances <= share * sizes[:, None]).all(axis=1)))

# %% 14.6 wrong · size of the predicted points
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(predicted, axis=1).max(axis=1)
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · diagonal of the box
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.linalg.norm(np.ptp(true, axis=1), axis=1)
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · shorter side
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).min(axis=1)
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · one size for all objects
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    size = (true.max(axis=(0, 1)) - true.min(axis=(0, 1))).max()
    return float(np.mean(distances <= share * size))

# %% 14.6 wrong · height only
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = true[:, :, 0].max(axis=1) - true[:, :, 0].min(axis=1)
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · largest coordinate as the size
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = true.max(axis=(1, 2))
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · differences added up without squares
def pck(predicted, true, share):
    distances = np.abs(predicted - true).sum(axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · root forgotten
def pck(predicted, true, share):
    distances = ((predicted - true) ** 2).sum(axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · each coordinate by itself
def pck(predicted, true, share):
    distances = np.abs(predicted - true)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances <= share * sizes[:, None, None]))

# %% 14.6 wrong · always a tenth
def pck(predicted, true, share=0.1):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances <= 0.1 * sizes[:, None]))

# %% 14.6 wrong · a count
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.sum(distances <= share * sizes[:, None]))

# %% 14.6 wrong · per cent
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return 100 * float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · share of the pixels, size forgotten
def pck(predicted, true, share):
    return float(np.mean(np.linalg.norm(predicted - true, axis=2) <= share))

# %% 14.6 wrong · the mean distance of an object
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2).mean(axis=1)
    return float(np.mean(distances <= share * np.ptp(true, axis=1).max(axis=1)))

# %% 14.6 wrong · sizes not laid along the points
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=2)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances <= share * sizes))

# %% 14.6 wrong · norm along the points
def pck(predicted, true, share):
    distances = np.linalg.norm(predicted - true, axis=1)
    sizes = np.ptp(true, axis=1).max(axis=1)
    return float(np.mean(distances <= share * sizes[:, None]))

# %% 14.6 wrong · mean called on a plain number
def pck(predicted, true, share):
    near = 0
    for guesses, places in zip(predicted, true):
        size = np.ptp(places, axis=0).max()
        near += np.sum(np.linalg.norm(guesses - places, axis=1) <= share * size)
    return float(near.mean(axis=1))
