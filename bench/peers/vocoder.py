"""PyTorch's sides of the vocoder's cases."""
import os
import platform

from serve import Skipped, serve


def prepare(options):
    try:
        import torch
    except ImportError:
        raise Skipped('PyTorch is not installed')
    import melgan

    torch.set_num_threads(options['threads'])
    file = lambda extension: os.path.join(options['folder'], options['preset'] + extension)
    work, config = torch.load(file('.pt'), weights_only=True), options['config']
    generator = melgan.load(melgan.Generator(config['generator']), work['generator'])
    versions = dict(torch=torch.__version__, python=platform.python_version())

    if options['job'] in ('train', 'train-frozen'):
        discriminator = melgan.load(melgan.Discriminator(config['discriminator']), work['discriminator'])
        trainer = melgan.Trainer(config, generator, discriminator, frozen=options['job'] == 'train-frozen')
        return versions, lambda: trainer.step(work['audio'])

    melgan.fold_weight_norm(generator)
    mel = work['mel'][None]
    if options['job'] == 'generate':
        def generate():
            with torch.inference_mode():
                return generator(mel).abs().mean().item()

        return versions, generate

    if options['job'] == 'export':
        try:
            import onnx  # noqa: F401 - the exporter needs it
        except ImportError:
            raise Skipped('the Python package onnx, which torch.onnx.export needs, is not installed')
        # The older exporter: ONNX Runtime runs the newer one's graph no faster.
        torch.onnx.export(
            generator, (mel,), file('.onnx'), dynamo=False, opset_version=17, input_names=['mel'],
            output_names=['audio'], dynamic_axes={'mel': {2: 'frames'}, 'audio': {2: 'samples'}})
        return versions, None

    raise ValueError(f"there is no job {options['job']}")


serve(prepare)
