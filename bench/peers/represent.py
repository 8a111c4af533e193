"""PyTorch's sides of the representations' cases. Weights and inputs are in `represent.pt`, pictures in `pictures`, both
written by Sextant's side."""
import os
import platform

from serve import Skipped, serve


class Decoded:
    """Pictures of a folder, kept in memory."""

    def __init__(self, folder):
        self.images = [folder.loader(path) for path, _ in folder.samples]
        self.views = folder.transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.views(self.images[index])


def prepare(options):
    try:
        import torch
        import torchvision
    except ImportError:
        raise Skipped('PyTorch and torchvision are not installed')
    from torchvision import transforms as T

    torch.set_num_threads(options['threads'])
    versions = dict(torch=torch.__version__, torchvision=torchvision.__version__, python=platform.python_version())

    if options['job'].startswith('views'):
        view = T.Compose([
            T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
            T.RandomGrayscale(p=0.1),
            T.RandomResizedCrop(32, scale=(0.2, 1.0), ratio=(3 / 4, 4 / 3), interpolation=T.InterpolationMode.BICUBIC),
            T.RandomHorizontalFlip(p=0.5),
            T.ToTensor(),
            T.Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
        ])
        pictures = torchvision.datasets.ImageFolder(
            os.path.join(options['folder'], 'pictures'), lambda image: (view(image), view(image))
        )
        if options['job'] == 'views-memory':
            pictures = Decoded(pictures)
        loader = torch.utils.data.DataLoader(
            pictures,
            batch_size=len(pictures) // 8,
            num_workers=options['threads'],
            persistent_workers=True,
            shuffle=True,
        )

        def all_views():
            for _ in loader:
                pass

        return versions, all_views

    model = torchvision.models.resnet18()
    model.fc = torch.nn.Identity()
    model.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    model.maxpool = torch.nn.Identity()
    work = torch.load(os.path.join(options['folder'], 'represent.pt'), weights_only=True)
    model.load_state_dict(work['network'], strict=False)
    images, weights = work['images'], work['weights']

    if options['job'] == 'step':
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

        def step():
            optimizer.zero_grad()
            loss = (model(images) * weights).mean()
            loss.backward()
            optimizer.step()
            return loss.item()

        return versions, step

    model.eval()

    def infer():
        with torch.no_grad():
            return model(images).mean().item()

    return versions, infer


serve(prepare)
