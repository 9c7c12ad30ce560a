"""PyTorch on the same card and the same work: updates of four agents 75-128-128-4 (no critic), eager, compiled with CUDA graphs, per minibatch size; then end to end with 4 epochs."""
import sys, time, torch
dev = 'cuda' if torch.cuda.is_available() else 'cpu'
print('torch', torch.__version__, torch.cuda.get_device_name(0) if dev == 'cuda' else 'cpu'); torch.manual_seed(0)
torch.backends.cuda.matmul.allow_tf32 = False
N, D, H = 4, 75, 128
sizes = [int(s) for s in (sys.argv[1] if len(sys.argv) > 1 else '4096,16384,65536,262144').split(',')]
def layer(i, o, g):
    w = torch.empty(N, i, o)
    for k in range(N): torch.nn.init.orthogonal_(w[k], g)
    return [w.to(dev).requires_grad_(), torch.zeros(N, 1, o, device=dev, requires_grad=True)]
P = layer(D, H, 2 ** .5) + layer(H, H, 2 ** .5) + layer(H, 4, .01)
opt = torch.optim.Adam(P, lr=2e-3, fused=dev == 'cuda', capturable=dev == 'cuda')
def logp(x):
    x = x.unsqueeze(0).expand(N, -1, -1)
    h = torch.relu(torch.baddbmm(P[1], x, P[0])); h = torch.relu(torch.baddbmm(P[3], h, P[2]))
    return torch.log_softmax(torch.baddbmm(P[5], h, P[4]), -1)
def loss(x, a, old, adv):
    l = logp(x); r = (l.gather(-1, a[..., None]).squeeze(-1) - old).exp()
    return (-torch.min(r * adv, r.clamp(.8, 1.2) * adv).mean(1) - .01 * -(l.exp() * l).sum(-1).mean(1)).sum()
def clip():
    n = torch.sqrt(sum((p.grad ** 2).flatten(1).sum(1) for p in P)); s = (.5 / (n + 1e-6)).clamp(max=1.)
    for p in P: p.grad.mul_(s.view(-1, 1, 1))
def sync():
    if dev == 'cuda': torch.cuda.synchronize()
for name, f in (('eager', loss), ('compiled', torch.compile(loss, mode='reduce-overhead' if dev == 'cuda' else 'default'))):
    for b in sizes:
        x = torch.randn(b, D, device=dev); a = torch.randint(4, (N, b), device=dev); adv = torch.randn(N, b, device=dev)
        with torch.no_grad(): old = logp(x).gather(-1, a[..., None]).squeeze(-1)
        def step():
            opt.zero_grad(set_to_none=False); f(x, a, old, adv).backward()
            with torch.no_grad(): clip()
            opt.step()
        try:
            for _ in range(5): step()
            sync(); best = 1e9
            for _ in range(5):
                t = time.perf_counter(); [step() for _ in range(10)]; sync(); best = min(best, (time.perf_counter() - t) / 10)
            print(f'{name:9s} minibatch {b:7d}: {b / best:12,.0f} rows/s  {b * N * (4 * D * H + 6 * (H * H + H * 4)) / best / 1e12:7.2f} TFLOP/s', flush=True)
        except Exception as e: print(name, b, 'failed:', str(e).split('\n')[0][:120], flush=True)
