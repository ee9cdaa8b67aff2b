"""Handbook chapter on the archive 资料档案 and documents by the many 批量出具."""

from __future__ import annotations

from loanhub.services.handbook._section import Chapter, Section

_DESK = frozenset(
    {"sales", "team_lead", "credit", "finance", "contracts", "manager", "auditor", "collections"}
)

CHAPTERS = (
    Chapter(
        "资料档案与批量出具",
        (
            Section(
                "archive-upload", "上传与拍照",
                (
                    "在客户页「文档」点缺的那一格，可以一次选多个文件；在电脑上也可以把文件拖到那一格，或拖到「其他资料」那一行。手机点「拍面签照片」直接拍。上传时逐份显示进度，可以取消。",
                    "有进行中的申请时，同一行的「发补件链接」让客户自己用手机补缺的资料。",
                    "图片自动转正、去掉拍摄地点，原图加密保留。带脚本、附件的 PDF，带宏的表格和伪装的文件不能上传，页面写明原因。",
                    "身份证、营业执照、征信报告这类一人一份的资料，再传就是新版本，旧版本和上传人保留。",
                ),
                roles=frozenset({"sales", "team_lead", "credit", "finance", "contracts"}), link=("客户", "/customers"),
            ),
            Section(
                "archive-find", "查资料、看到期和缺件",
                (
                    "「资料档案」列出你能看到的全部资料，按文件名、客户和类型查。",
                    "标签分为 30 天内到期、已过期、待补、法律保留和已移除。到期前系统提醒客户的负责人，每个到期日一次。",
                    "点一份资料可以预览、看版本和访问记录，旋转、裁剪、更新版本，移到别的客户或类型（要写原因）。",
                    "移除的资料 30 天内可以在「已移除」找回；到保存期后才销毁内容。",
                ),
                roles=_DESK, link=("资料档案", "/archive"),
                tip="预览、下载和打印的图片与 PDF 都带你的姓名、账号尾号和时间。",
            ),
            Section(
                "archive-pack", "打包下载",
                (
                    "在客户页「文档」点「打包下载」，或在「资料档案」查到资料，勾选后点「打包下载」，写明用途。每份都带水印，逐份留下记录。",
                    "一次最多 200 份；你的岗位不能下载的类型不会放进去。文件保留 7 天，只有你能下载。",
                ),
                roles=frozenset({"team_lead", "credit", "contracts", "manager"}), link=("资料档案", "/archive"),
            ),
            Section(
                "archive-hold", "法律保留与资料规则",
                (
                    "诉讼或监管检查时，在「资料档案」点「法律保留」，填客户编号和原因；或打开一份资料单独保留。保留期间不能移除、移动和销毁。",
                    "解除也要写原因，两次都记入审计日志。",
                    "安全管理员在「资料规则」里定每类资料谁能看、传、下载，有效多少天，提前几天提醒，业务结束后保存几年。",
                ),
                roles=frozenset({"security_admin", "auditor"}), link=("资料档案", "/archive"),
            ),
            Section(
                "batch-contracts", "批量生成和打印合同",
                (
                    "在合同中心「待出合同」勾选申请，或点「选择全部」，再点「批量生成合同」。缺资料的逐份列出并附链接，其余照常生成。",
                    "补全后在批次里点「补全后继续」，已出的不会重复。随时可以停止；服务器重启后自动接着做。",
                    "已有的合同勾选后点「批量打印」：合并成一个 PDF，双面时每份从新的一张纸开始，顺序可选。",
                    "点「登记并打印」后打开 PDF；合同的份号写进打印记录，补打要写原因。重复打开的是同一个文件。",
                ),
                roles=frozenset({"contracts"}), link=("批量出具", "/contracts/batches"),
            ),
            Section(
                "batch-papers", "批量出还款计划表、收据、结清证明和催收函",
                (
                    "在「批量出具」点右上角「批量出具」，选文书和日期：还款计划表按放款日，收据按入账日，结清证明按结清日，催收函是当前逾期的借据。",
                    "只要其中几笔：在「贷款与还款」勾选借据，或点「选择全部」，再点「还款计划表」「结清证明」或「催收函」。出不了的逐份列出原因，其余照常。",
                    "完成后在批次里预览、下载合并 PDF 或单份 ZIP，登记打印。",
                ),
                roles=frozenset({"finance", "contracts", "collections"}), link=("批量出具", "/contracts/batches"),
            ),
        ),
    ),
)  # fmt: skip
