"""What a screen reader hears: one Chinese sentence for each step of a move."""

USAGE = (
    "按空格抬起卡片，方向键换位换列，空格或回车放下，Esc 取消；"
    "按 M 选择移至哪个阶段，Alt 加左右键移到上一、下一阶段"
)

SENTENCES = """
const lhSay = {
  name: (b, id) => lhCard(b, id).name ?? "卡片",
  place: (b, place, at, size) => `「${lhColumn(b, lhCode(place)).label}」第 ${at} 位，共 ${size} 张`,
  size: (b, r) => lhIn(b, r.destination.droppableId).length
    + (r.destination.droppableId === r.source.droppableId ? 0 : 1),
  start: (b, r) => `已抬起 ${lhSay.name(b, r.draggableId)}，在`
    + lhSay.place(b, r.source.droppableId, r.source.index + 1, lhIn(b, r.source.droppableId).length),
  lacks: (b, code) => {
    const lacking = (b.gates?.card === b.lift.id && b.gates.stages?.[code]?.missing) || [];
    return lacking.length ? `，还缺 ${lacking.join("、")}，放下后补填` : "";
  },
  update: (b, r) => r.destination
    ? `移到${lhSay.place(b, r.destination.droppableId, r.destination.index + 1, lhSay.size(b, r))}`
      + lhSay.lacks(b, lhCode(r.destination.droppableId))
    : "这里不能放下",
  end: (b, r) => r.destination && r.reason !== "CANCEL"
    ? `已把 ${lhSay.name(b, r.draggableId)} 放到`
      + lhSay.place(b, r.destination.droppableId, r.destination.index + 1, lhSay.size(b, r))
    : `已取消，${lhSay.name(b, r.draggableId)} 回到${lhSay.place(b, r.source.droppableId,
      r.source.index + 1, lhIn(b, r.source.droppableId).length)}`,
  sorted: (b, id) => `卡片正${b.sort}排列，${lhSay.name(b, id)} 留在原处；拖到别的阶段可以移动`,
  moved: (b, id, to, at) => `已把 ${lhSay.name(b, id)} 移至「${lhColumn(b, to).label}」第 ${at} 位`,
  refused: (b, id, to, no) => `${lhSay.name(b, id)} 不能移至「${lhColumn(b, to).label}」：${no}`,
};
"""
