"""``loanhub signing``: a made-up third party that collects signatures, to try that way."""

from __future__ import annotations

import base64
import secrets as random_secrets

import typer

from loanhub.cli._commands import Commands

app = typer.Typer(no_args_is_help=True, help="电子签署。Signing.")


@app.callback()
def _group() -> None:
    """电子签署。Signing."""


@app.command("simulate-provider")
def simulate_provider(
    port: int = typer.Option(8390, min=1, max=65_535, help="端口。Port on this machine."),
    secret: str = typer.Option(
        "", help="与「公司参数」里相同的密钥，留空新造一个。The shared secret; made when empty."
    ),
) -> None:
    """模拟第三方电子签平台，Ctrl+C 停止；签的是测试证书。A made-up e-sign platform; signs with a test certificate."""
    from loanhub.demo.signing_provider import Platform, serve
    from loanhub.domain.webhooks import PREFIX

    secret = secret or PREFIX + base64.b64encode(random_secrets.token_bytes(32)).decode()
    platform = Platform(secret)
    server = serve(platform, port)
    typer.echo(f"接口地址 {platform.address}")
    typer.echo(f"密钥 {secret}")
    typer.echo(
        f"服务要以 LOANHUB_MESSAGE_PRIVATE_HOSTS=127.0.0.1:{port} 启动，再把上面两项填进「公司参数」的「电子签署」"
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("已停止")
    finally:
        server.server_close()


COMMANDS = Commands("signing", app)
